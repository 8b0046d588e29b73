import { spawnSync } from 'node:child_process';
import { refuse } from '../../errors/secured-postgrest-error.ts';

/** The data of a Postgres container. */
export interface PostgresData {
  /** Path of the construct, for errors. */
  readonly place: string;
  readonly volume: string;
  readonly container: string;
  readonly image: string;
  /** Major version of PostgreSQL in the image. */
  readonly major: number;
}

/** From this version on, the official image keeps the data below the volume, in a directory of the major version. */
export const FIRST_WITH_DIRECTORIES = 18;

/**
 * Rejects an image of another major version than the data in its volume: PostgreSQL cannot read it, and would end at each
 * start. An engine that does not answer, and a volume that does not exist, have no data.
 *
 * @param address options of the `docker` command
 * @throws SecuredPostgrestError `major_version_changed`
 */
export function refuseOtherMajor(address: readonly string[], { place, volume, image, major, container }: PostgresData) {
  const found = versionFiles(address, volume, container, image);
  const isReadable = (file: string) => file === versionFile(major);
  if (found.length === 0 || found.some(([file, version]) => isReadable(file) && version === major)) return;
  const versions = found.map(([, version]) => version).join(' and ');
  refuse(
    'major_version_changed',
    `${place}.image`,
    `volume "${volume}" has the data of PostgreSQL ${versions}, and "${image}" is PostgreSQL ${major}`,
    `use an image of PostgreSQL ${versions}, or dump the data and restore it into PostgreSQL ${major} (docs/upgrades.md)`,
  );
}

/** Path in the volume of the file that names the major version. */
function versionFile(major: number): string {
  return major < FIRST_WITH_DIRECTORIES ? 'PG_VERSION' : `${major}/docker/PG_VERSION`;
}

type VersionFile = readonly [file: string, version: number];

/** Reads the version files of a volume in its running container, or else in a container that is removed again. */
function versionFiles(
  address: readonly string[],
  volume: string,
  container: string,
  image: string,
): readonly VersionFile[] {
  const docker = (...args: readonly string[]): string | undefined => {
    const { status, stdout } = spawnSync('docker', [...address, ...args], { encoding: 'utf8', timeout: 30_000 });
    return status === 0 ? stdout.trim() : undefined;
  };
  const mount = `{{range .Mounts}}{{if eq .Name "${volume}"}}{{.Destination}}{{end}}{{end}}`;
  const [used = image, directory] = docker('inspect', `--format={{.Image}} ${mount}`, container)?.split(' ') ?? [];
  const runningOne = directory ? docker('exec', container, 'sh', '-c', SCRIPT, 'sh', directory) : undefined;
  // `docker run` would make a volume that does not exist.
  const exists = () => docker('volume', 'inspect', volume) !== undefined;
  const run = () =>
    docker(
      ...['run', '--rm', '--network=none', '--user=0', '--entrypoint=sh', `--volume=${volume}:/volume:ro`],
      ...[used, '-c', SCRIPT, 'sh', '/volume'],
    );
  const found = runningOne ?? (exists() ? run() : undefined);
  return (found ?? '')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([file = '', version]) => (version === undefined ? [] : [[file, Number(version)] as const]));
}

/** Prints each version file below a directory, and what it says. */
const SCRIPT = `cd "$1"; for file in PG_VERSION */docker/PG_VERSION; do [ ! -s "$file" ] || echo "$file $(cat "$file")"; done`;

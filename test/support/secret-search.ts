import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Every form in which a secret could stand in a text. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const base64 = bytes.toString('base64').replace(/=+$/, '');
  return [
    ...new Set([
      secret,
      base64,
      bytes.toString('base64url'),
      bytes.toString('hex'),
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ]),
  ];
}

/** Places (by name) whose text holds a secret (by name), in whatever form. */
export function findSecrets(
  secrets: Readonly<Record<string, string>>,
  places: Readonly<Record<string, string | Buffer>>,
): string[] {
  return Object.entries(places).flatMap(([place, content]) => {
    const text = content.toString('latin1');
    return Object.entries(secrets)
      .filter(([, secret]) => forms(secret).some((form) => text.includes(Buffer.from(form, 'utf8').toString('latin1'))))
      .map(([name]) => `${name} in ${place}`);
  });
}

/** Every file below a directory, by path, without those that `skip` names. */
export function filesBelow(directory: string, skip: readonly string[]): Record<string, Buffer> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !skip.some((part) => path.includes(part)));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path)]));
}

/** Collects the arguments of every process of this machine until it is stopped. */
export function watchArguments(): { stop(): string } {
  const seen = new Set<string>();
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {
        // The process has ended meanwhile.
      }
    }
  };
  const timer = setInterval(look, 10);
  return {
    stop: () => {
      clearInterval(timer);
      return [...seen].join('\n');
    },
  };
}

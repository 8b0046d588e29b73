import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DEPLOYMENT_LABEL, NAME_LABEL } from './labels.ts';

const KINDS = ['container', 'network', 'volume'] as const;

export type EngineObjectKind = (typeof KINDS)[number];

/** A labelled object of a Docker engine. */
export interface EngineObject {
  readonly kind: EngineObjectKind;
  /** Undefined for a volume, which has none. */
  readonly id?: string;
  readonly name: string;
  /** The name of the declaration. */
  readonly declaration: string;
  /** Identity of the secrets directory that deployed it. */
  readonly deployment: string;
}

/**
 * The labelled objects of an engine.
 *
 * @param address options of the `docker` command, as from `engineAddress`
 * @returns undefined where the engine does not answer
 */
export async function engineObjects(address: readonly string[]): Promise<EngineObject[] | undefined> {
  try {
    return (await Promise.all(KINDS.map((kind) => list(kind, address)))).flat();
  } catch {
    return undefined;
  }
}

async function list(kind: EngineObjectKind, address: readonly string[]): Promise<EngineObject[]> {
  const fields = [
    kind === 'volume' ? '' : '{{.ID}}',
    `{{.Label "${DEPLOYMENT_LABEL}"}}`,
    `{{.Label "${NAME_LABEL}"}}`,
    kind === 'container' ? '{{.Names}}' : '{{.Name}}',
  ];
  const { stdout } = await promisify(execFile)(
    'docker',
    [
      ...address,
      kind,
      'ls',
      ...(kind === 'container' ? ['--all'] : []),
      ...(kind === 'volume' ? [] : ['--no-trunc']),
      `--filter=label=${DEPLOYMENT_LABEL}`,
      `--format=${fields.join('\t')}`,
    ],
    { encoding: 'utf8', timeout: 10_000 },
  );
  return stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((columns) => columns.length === fields.length)
    .map(([id, deployment, declaration, name]) => ({
      kind,
      name: name!,
      declaration: declaration!,
      deployment: deployment!,
      // Only an id gets into Terraform's configuration, which might evaluate other texts.
      ...(/^[0-9a-f]{64}$/.test(id!) && { id: id! }),
    }));
}

import { spawnSync } from 'node:child_process';
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
export function engineObjects(address: readonly string[]): EngineObject[] | undefined {
  const lists = KINDS.map((kind) => list(kind, address));
  return lists.every((found) => found !== undefined) ? lists.flat() : undefined;
}

function list(kind: EngineObjectKind, address: readonly string[]): EngineObject[] | undefined {
  const fields = [
    kind === 'volume' ? '' : '{{.ID}}',
    `{{.Label "${DEPLOYMENT_LABEL}"}}`,
    `{{.Label "${NAME_LABEL}"}}`,
    kind === 'container' ? '{{.Names}}' : '{{.Name}}',
  ];
  const { status, stdout } = spawnSync(
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
  if (status !== 0) return undefined;
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

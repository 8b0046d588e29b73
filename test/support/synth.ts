import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresqlProvider } from '@cdktf/provider-postgresql/lib/provider/index.js';
import { App, TerraformStack, Testing } from 'cdktf';
import { onTestFinished } from 'vitest';
import { SecretsDirectory } from '../../constructs/index.ts';
import { declare } from '../../declaration/index.ts';
import type { Declaration, DeclarationInput } from '../../declaration/types.ts';

type Block = Readonly<Record<string, unknown>>;

/** The synthesized JSON of a stack: blocks by type and the construct's path in the stack. */
export interface Synthesized {
  readonly text: string;
  readonly provider: Readonly<Record<string, readonly Block[]>>;
  /** The one block of a type at a path, such as `api/server/api-1`. */
  readonly block: (type: string, path: string) => Block;
  /** The paths of all blocks of a type. */
  readonly paths: (type: string) => string[];
  /** The paths of what a block waits for. */
  readonly dependencies: (type: string, path: string) => string[];
}

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'constructs-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** An app in a directory of its own, with secrets beside its output. */
export function testApp() {
  const directory = temporaryDirectory();
  const app = new App({ outdir: join(directory, 'cdktf.out') });
  return { app, directory, secrets: testSecrets(join(directory, 'secrets')) };
}

export function testStack() {
  const { app, ...rest } = testApp();
  return { app, ...rest, stack: new TerraformStack(app, 'stack') };
}

export function testSecrets(directory = join(temporaryDirectory(), 'secrets')): SecretsDirectory {
  return new SecretsDirectory({ name: 'todos', directory });
}

export function testProvider(stack: TerraformStack): PostgresqlProvider {
  return new PostgresqlProvider(stack, 'postgresql', { host: '127.0.0.1' });
}

/** A small declaration whose keys need no generating. */
export function testDeclaration(input: Partial<DeclarationInput> = {}): Declaration {
  return declare({
    name: 'todos',
    schemas: ['api'],
    roles: { anonymous: 'anon', users: ['member'] },
    keys: { jwks: { keys: [PUBLIC_KEY] } },
    server: { version: '16.2' },
    ...input,
  });
}

/** The public example key of RFC 7517, appendix A.1. */
export const PUBLIC_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  alg: 'ES256',
  use: 'sig',
  kid: '1',
};

export function synth(stack: TerraformStack): Synthesized {
  // Makes references into other stacks.
  App.of(stack)
    .node.children.filter((child) => TerraformStack.isStack(child))
    .forEach((other) => other.prepareStack());
  // The result of Testing.synth() lacks the paths; it runs the validations.
  Testing.synth(stack, true);
  const json = stack.toTerraform() as {
    readonly resource?: Record<string, Record<string, Block & { '//': { metadata: { path: string } } }>>;
    readonly provider?: Record<string, Block[]>;
  };
  const resources = Object.entries(json.resource ?? {}).flatMap(([type, blocks]) =>
    Object.entries(blocks).map(([id, { '//': comment, ...block }]) => {
      const path = comment.metadata.path.slice(stack.node.path.length + 1);
      return { type, address: `${type}.${id}`, path, block };
    }),
  );
  const block = (type: string, path: string) => {
    const found = resources.find((resource) => resource.type === type && resource.path === path);
    if (!found) throw new Error(`no ${type} at ${path}; there are: ${resources.map((r) => r.path).join(', ')}`);
    return found.block;
  };
  return {
    text: JSON.stringify(json),
    provider: json.provider ?? {},
    block,
    paths: (type) => resources.filter((resource) => resource.type === type).map(({ path }) => path),
    dependencies: (type, path) =>
      (block(type, path).depends_on as string[]).map(
        (address) => resources.find((resource) => resource.address === address)?.path ?? address,
      ),
  };
}

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ts from 'typescript';
import * as api from '../../../index.ts';
import * as client from '../../../token-client/index.ts';
import * as stacks from '../../../stacks/index.ts';
import * as tokens from '../../../tokens/index.ts';
import * as ephemeral from '../../../testing/index.ts';
import * as service from '../../../token-service/index.ts';
import { root } from './markdown.ts';

/** A piece of TypeScript, and where it stands. */
export interface Snippet {
  readonly place: string;
  readonly text: string;
  /** Beside which file it is to be, from the project's top. @default at the top */
  readonly file?: string;
  /** Values that this file exports, which the piece may use without an import. @default none */
  readonly exported?: readonly string[];
}

const ENTRY_POINTS = {
  'cdktf-secured-postgrest': api,
  'cdktf-secured-postgrest/stacks': stacks,
  'cdktf-secured-postgrest/tokens': tokens,
  'cdktf-secured-postgrest/testing': ephemeral,
  'cdktf-secured-postgrest/token-service': service,
  'cdktf-secured-postgrest/client': client,
};

/** What a piece without imports may use without saying where it comes from. */
const CONTEXT = `
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { PostgresqlProvider } from '@cdktf/provider-postgresql/lib/provider/index.js';
import { App, DataResource, TerraformOutput, TerraformStack } from 'cdktf';
import type * as all from 'cdktf-secured-postgrest';
import type { DeclarationInput } from 'cdktf-secured-postgrest';
import type { SigningKey } from 'cdktf-secured-postgrest/tokens';
import pg from 'pg';
import { expect } from 'vitest';
import type { AccessMatrix, ApiClient, EphemeralPostgrest } from 'cdktf-secured-postgrest/testing';
import type {} from 'cdktf-secured-postgrest/testing/vitest';
declare const declaration: all.Declaration;
declare const admin: all.DatabaseConnection;
declare const database: all.IPostgresDatabase;
declare const secrets: all.SecretsDirectory;
declare const access: all.DatabaseAccess;
declare const roles: all.DatabaseRoles;
declare const keys: all.KeySet;
declare const api: all.SecuredPostgrest;
declare const cluster: all.KubernetesCluster;
declare const provider: PostgresqlProvider;
declare const key: SigningKey;
declare const environment: EphemeralPostgrest;
declare const matrix: AccessMatrix;
declare const ann: ApiClient, bob: ApiClient;
declare const client: pg.ClientBase;
declare const image: string, password: string, seed: string;
`;

/** What TypeScript says about pieces that import this package by its name, as its users do. */
export function typeErrors(snippets: readonly Snippet[]): string[] {
  const files = new Map(
    snippets.map(({ file = '', ...snippet }, index) => [
      `${root}${file.replace(/[^/]*$/, '')}snippet-${index}.ts`,
      asModule({ file, ...snippet }),
    ]),
  );
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const disk = { ...host };
  host.fileExists = (name) => files.has(name) || disk.fileExists(name);
  host.readFile = (name) => files.get(name) ?? disk.readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name);
    return text === undefined ? disk.getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((name, index) => {
    const file = program.getSourceFile(name)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${snippets[index]!.place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
}

/**
 * The project's own options, and this package's entry points by the names under which it exports them. The pages import CDK
 * Terrain, which here are the same names of CDKTF.
 */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (name) => ts.sys.readFile(name)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
    exports: Record<string, { types: string } | string>;
  };
  const paths = Object.entries(exports).flatMap(([name, target]) =>
    typeof target === 'string'
      ? []
      : [
          [
            `cdktf-secured-postgrest${name.slice(1)}`,
            [target.types.replace(/^\.\/dist\//, root).replace(/\.d\.ts$/, '.ts')],
          ],
        ],
  );
  return {
    ...options,
    noEmit: true,
    declaration: false,
    allowImportingTsExtensions: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    paths: {
      ...(Object.fromEntries(paths) as Record<string, string[]>),
      cdktn: [`${root}node_modules/cdktf/lib/index.d.ts`],
    },
  };
}

/** A piece that imports something is a module; any other stands in a stack that knows the usual names. */
function asModule({ text, file = '', exported = [] }: Omit<Snippet, 'place'>): string {
  if (/^(import|export) /m.test(text)) return text;
  const imported = new Set<string>();
  const from = (names: readonly string[], module: string) => {
    const used = names.filter((name) => !imported.has(name) && new RegExp(`\\b${name}\\b`).test(text));
    used.forEach((name) => imported.add(name));
    return `import { ${used.join(', ')} } from '${module}';\n`;
  };
  const imports = [
    ...Object.entries(ENTRY_POINTS).map(([module, names]) => from(Object.keys(names), module)),
    ...(file === '' ? [] : [from(exported, `./${basename(file)}`)]),
  ];
  return `${imports.join('')}${CONTEXT}
export class Snippet extends TerraformStack {
  async run(): Promise<void> {
${text}
  }
}`;
}

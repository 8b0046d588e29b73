import type { DeclarationInput, PolicyInput, SqlSource } from '../../declaration/types.ts';
import { inlineText } from './condition-text.ts';
import { visible } from '../../errors/visible.ts';
import { printCode } from './print-code.ts';
import { sharedMemberships, type SharedMemberships } from './shared-memberships.ts';

/** Functions of the package by the kind of the policy that they write. */
const HELPERS: Readonly<Record<PolicyInput['kind'], string>> = {
  'own-rows': 'ownRows',
  tenant: 'tenant',
  'claim-list': 'claimList',
  membership: 'membership',
  'all-rows': 'allRows',
  'public-rows': 'publicRows',
  'valid-between': 'validBetween',
  custom: 'custom',
};

/** The order in which the members of a policy are read. */
const ORDER = ['name', 'to', 'for', 'column', 'claim', 'type', 'memberType', 'through', 'where', 'using', 'check'];

/** The text of `declaration.ts`. Longer conditions of the user are read from their files. */
export function declarationFile(input: DeclarationInput, source: string): string {
  const memberships = sharedMemberships(input);
  const helpers = new Set<string>(memberships.lines.length > 0 ? ['membershipIn'] : []);
  const tables = input.tables?.map(({ policies, ...table }) => ({
    ...table,
    ...(policies && { policies: policies.map((policy) => policyCall(policy, helpers, memberships)) }),
  }));
  const { name, schemas, internalSchemas, roles, views, functions, server } = input;
  const declaration = {
    name,
    schemas,
    internalSchemas,
    roles,
    migrations: { code: "migrationsFrom(new URL('migrations', import.meta.url))" },
    tables,
    views,
    functions,
    server,
  };
  const imports = ['declare', 'migrationsFrom', ...helpers].sort((a, b) => (a < b ? -1 : 1));
  return [
    importLine(imports),
    '',
    ...(memberships.lines.length > 0 ? [...memberships.lines, ''] : []),
    `/** Imported from ${visible(source).replaceAll('*/', '* /')}: see IMPORT.md. */`,
    `export default declare(${printCode(declaration)});`,
    '',
  ].join('\n');
}

function importLine(names: readonly string[]): string {
  const from = "from 'cdktf-secured-postgrest/declaration';";
  const line = `import { ${names.join(', ')} } ${from}`;
  return line.length <= 120 ? line : `import {\n${names.map((name) => `  ${name},\n`).join('')}} ${from}`;
}

function policyCall(input: PolicyInput, helpers: Set<string>, memberships: SharedMemberships) {
  const shared = input.kind === 'membership' ? memberships.callOf(input) : undefined;
  if (shared) return shared;
  const { kind, ...policy } = input;
  const call = HELPERS[kind];
  helpers.add(call);
  const members = Object.entries(policy).map(([name, value]): [string, unknown] => {
    if (name !== 'using' && name !== 'check') return [name, value];
    const inline = inlineText(value as SqlSource);
    helpers.add(inline === undefined ? 'sqlFile' : 'sql');
    if (inline !== undefined) return [name, { code: `sql\`${inline}\`` }];
    return [name, { code: `sqlFile(new URL('${(value as SqlSource).file}', import.meta.url))` }];
  });
  members.sort(([a], [b]) => place(a) - place(b));
  return { call, argument: Object.fromEntries(members) };
}

function place(name: string): number {
  const at = ORDER.indexOf(name);
  return at === -1 ? ORDER.length : at;
}

import { effectiveRoles } from '../../../declaration/roles.ts';
import type { Command, Declaration } from '../../../declaration/types.ts';
import { send, type AccessApi, type AccessStep, type Subjects } from './access-case.ts';

/** One thing to try, and whether it is declared. */
interface Attempt {
  readonly what: string;
  readonly declared: boolean;
  readonly request: AccessStep['request'];
  readonly body?: unknown;
}

/**
 * Tries every command on every column of every relation, once a role, and lists what differs from the declared grants.
 * Nothing is changed: no row is inserted, and none is found to update or delete.
 */
export async function columnDifferences(
  api: AccessApi,
  declaration: Declaration,
  subjects: Subjects,
): Promise<string[]> {
  const tokens = await tokensByRole(api, declaration, subjects);
  const relations = await describedColumns(api.url, declaration, [...tokens.values()]);
  const differences: string[] = [];
  for (const [role, token] of tokens) {
    for (const [relation, columns] of relations) {
      const attempts = attemptsOn(relation, columns, grantsOf(declaration, relation, role));
      const answers = await Promise.all(attempts.map((attempt) => send(api.url, attempt, token)));
      attempts.forEach(({ what, declared }, index) => {
        const { status, text } = answers[index]!;
        if (status < 300 !== declared) differences.push(`${role} ${what} on ${relation}: ${status} ${text}`);
      });
    }
  }
  return differences;
}

/** One token a role; none for the anonymous one. */
async function tokensByRole(
  api: AccessApi,
  { anonymous }: Declaration,
  subjects: Subjects,
): Promise<ReadonlyMap<string, string | undefined>> {
  const tokens = new Map<string, string | undefined>();
  for (const who of Object.values(subjects)) {
    if (who) tokens.set(who.role, await api.tokenFor(who.role, who.claims));
    else if (anonymous) tokens.set(anonymous.name, undefined);
  }
  return tokens;
}

type Granted = (command: Command, column?: string) => boolean;

function attemptsOn(relation: string, columns: readonly string[], granted: Granted): Attempt[] {
  const readable = columns.find((column) => granted('select', column)) ?? columns[0]!;
  const nothing = `and=(${readable}.is.null,${readable}.not.is.null)`;
  return [
    ...columns.flatMap((column): Attempt[] => [
      {
        what: `select ${column}`,
        declared: granted('select', column),
        request: `GET /${relation}?select=${column}&limit=1`,
      },
      {
        what: `insert ${column}`,
        declared: granted('insert', column),
        request: `POST /${relation}?columns=${column}`,
        body: [],
      },
      {
        what: `update ${column}`,
        declared: granted('update', column),
        request: `PATCH /${relation}?${nothing}`,
        body: { [column]: null },
      },
    ]),
    { what: 'delete', declared: granted('delete'), request: `DELETE /${relation}?${nothing}` },
  ];
}

/** Every relation that is declared or described to anybody, with all its columns. */
async function describedColumns(
  url: string,
  declaration: Declaration,
  tokens: readonly (string | undefined)[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const relations = new Map<string, readonly string[]>();
  for (const token of tokens) {
    const { text } = await send(url, { request: 'GET /' }, token);
    const { definitions = {} } = JSON.parse(text) as { definitions?: Record<string, { properties: object }> };
    for (const [name, { properties }] of Object.entries(definitions)) relations.set(name, Object.keys(properties));
  }
  for (const { name } of relationsOf(declaration)) {
    if (!relations.has(name)) throw new Error(`no subject is shown ${name}`);
  }
  return relations;
}

/** The declared grants of a role, inherited ones included. */
function grantsOf(declaration: Declaration, relation: string, role: string): Granted {
  const roles = effectiveRoles(role, declaration);
  const grants = relationsOf(declaration)
    .filter(({ name }) => name === relation)
    .flatMap((declared) => declared.grants)
    .filter((grant) => roles.has(grant.role));
  return (command, column) =>
    grants.some((grant) => grant.command === command && (!column || !grant.columns || grant.columns.includes(column)));
}

/** Of the first exposed schema, whose relations need no profile header. */
function relationsOf({ tables, views, schemas: [first] }: Declaration) {
  return [...tables, ...views].filter(({ schema }) => schema === first);
}

import type { SurveyedPolicy, SurveyedRelation, RowCommand } from '../../audit/anywhere/survey.ts';
import { fix, type Fix } from '../../audit/fix.ts';
import { sqlName } from '../../audit/relations.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { answerCondition } from './conditions/answer-condition.ts';
import type { ConditionPart, PolicyOfRow, RowAnswer } from './explanation.ts';
import { attempt, type RequestSession } from './request-session.ts';

const statement = statementsOf('access/why');

/** Rows of a table that were kept for questions about them, until the transaction ends. */
export interface KeptRows {
  readonly rows: readonly { readonly number: number; readonly content: Readonly<Record<string, unknown>> }[];
  /** True if more rows are asked for than were kept. */
  readonly truncated: boolean;
}

/** Lets the connected role read a table past its policies until the transaction ends; false where it may not. */
export async function readPastPolicies({ client }: RequestSession, table: SurveyedRelation): Promise<boolean> {
  const isPast = async () =>
    (await client.query<{ past: boolean }>(statement('past_policies', { relation: table.id }))).rows[0]!.past;
  if (await isPast()) return true;
  const noForce = statement('no_force', { schema: table.schema, name: table.name });
  if ((await attempt({ client }, noForce)).error) return false;
  await client.query(noForce);
  return isPast();
}

/** Keeps the rows that a condition finds, in place of those kept before. */
export async function keepRows(
  session: RequestSession,
  table: SurveyedRelation,
  { conditions, limit }: { readonly conditions: readonly string[]; readonly limit: number },
): Promise<KeptRows> {
  const { schema, name } = table;
  const { client } = session;
  await client.query(
    statement('keep_rows', { schema, name, condition: raw(allOf(conditions)), limit: String(limit + 1) }),
  );
  return readKept(session, limit);
}

/** Keeps one row that a statement would write. */
export async function keepWritten(
  session: RequestSession,
  { schema, name }: SurveyedRelation,
  content: Readonly<Record<string, unknown>>,
): Promise<KeptRows> {
  const values = { schema, name, number: '1', content: JSON.stringify(content) };
  await session.client.query(statement('keep_written', values));
  return readKept(session, 1);
}

async function readKept({ client }: RequestSession, limit: number): Promise<KeptRows> {
  await client.query(statement('share_rows'));
  const { rows } = await client.query<KeptRows['rows'][number]>(statement('key_of_rows'));
  return { rows: rows.slice(0, limit), truncated: rows.length > limit };
}

/** Drops the kept rows. @param label name under which they stay, with the numbers of those that the request reaches */
export async function dropRows(
  { client }: RequestSession,
  label?: string,
  reached: readonly number[] = [],
): Promise<void> {
  if (label !== undefined) await client.query(statement('label_rows', { label, reached: reached.map(String) }));
  await client.query(statement('drop_rows'));
}

export function allOf(conditions: readonly string[]): string {
  return conditions.length === 0 ? 'true' : conditions.map((sql) => `(${sql})`).join(' AND ');
}

/** The primary key of a row, or all of a row without one. */
export function keyOf(table: SurveyedRelation, content: Readonly<Record<string, unknown>>): RowAnswer['key'] {
  const key = table.indexes.find(({ primary }) => primary)?.keys ?? [];
  const shown = key.length > 0 ? key : table.columns.map(({ name }) => name).slice(0, 4);
  return Object.fromEntries(shown.map((name) => [name, asText(content[name])]));
}

function asText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A command whose policies decide, and which of their conditions. */
export interface Question {
  readonly command: RowCommand;
  readonly clause: 'USING' | 'WITH CHECK';
}

/** Answers for each kept row which policies of the role let it pass. */
export async function answerRows(
  session: RequestSession,
  table: SurveyedRelation,
  role: string,
  questions: readonly Question[],
  numbers: readonly number[],
): Promise<ReadonlyMap<number, readonly PolicyOfRow[]>> {
  const { reach } = session.audited;
  const found = new Map<number, PolicyOfRow[]>(numbers.map((number) => [number, []]));
  for (const { command, clause } of questions) {
    for (const policy of reach.policies(role, table, command)) {
      const condition = conditionOf(policy, clause);
      if (condition === null) continue;
      const answers = await answerCondition(session, table, condition, numbers);
      const mode = policy.permissive ? 'permissive' : 'restrictive';
      for (const number of numbers) {
        found.get(number)!.push({ name: policy.name, mode, command, clause, condition: answers.get(number)! });
      }
    }
  }
  return found;
}

/** Without WITH CHECK, Postgres takes USING. */
function conditionOf({ using, check }: SurveyedPolicy, clause: Question['clause']): string | null {
  return clause === 'USING' ? using : (check ?? using);
}

/** A row that does not pass. */
export interface Refusal {
  readonly because: string;
  readonly fix: Fix;
}

/** The first command for which a row does not pass, with every policy that refuses it; undefined if it passes all. */
export function refusalOf(
  policies: readonly PolicyOfRow[],
  questions: readonly Question[],
  { table, role }: { readonly table: SurveyedRelation; readonly role: string },
): Refusal | undefined {
  for (const { command, clause } of questions) {
    const asked = policies.filter((policy) => policy.command === command && policy.clause === clause);
    const what = `lets ${role} ${command} ${clause === 'USING' ? 'rows of' : 'such rows into'} ${table.schema}.${table.name}`;
    const permissive = asked.filter(({ mode }) => mode === 'permissive');
    const refusing = asked.filter((policy) => policy.mode === 'restrictive' && isFalse(policy));
    const isPermitted = permissive.some((policy) => !isFalse(policy));
    if (isPermitted && refusing.length === 0) continue;
    const blamed = [...(isPermitted ? [] : permissive), ...refusing];
    const reasons = [
      ...(isPermitted
        ? []
        : [permissive.length === 0 ? `no policy ${what}` : `${noneOf(permissive, what)}${explained(permissive)}`]),
      ...(refusing.length === 0 ? [] : [`${mustBe(refusing)}${explained(refusing)}`]),
    ];
    const added = permissive.length === 0 ? newPolicy(table, role, command) : undefined;
    return { because: reasons.join('; and '), fix: added ?? fixOf(blamed) };
  }
  return undefined;
}

function isFalse({ condition }: PolicyOfRow): boolean {
  return condition.truth !== 'true';
}

function noneOf(permissive: readonly PolicyOfRow[], what: string): string {
  const names = permissive.map(({ name }) => `"${name}"`).join(', ');
  if (permissive.length === 1) return `the only policy that ${what}, ${names}, is not true`;
  return `no policy that ${what} is true: ${names}`;
}

function mustBe(restrictive: readonly PolicyOfRow[]): string {
  const names = restrictive.map(({ name }) => `"${name}"`).join(', ');
  return restrictive.length === 1
    ? `the restrictive policy ${names} must be true, and is not`
    : `the restrictive policies ${names} must be true, and are not`;
}

/** The parts that made conditions fail, in one clause. */
function explained(policies: readonly PolicyOfRow[]): string {
  const parts = policies.flatMap(({ condition }) => failing(condition));
  const texts = [...new Set(parts.map(({ words, because }) => (because === '' ? words : `${words}: ${because}`)))];
  return texts.length === 0 ? '' : ` (${texts.join('; ')})`;
}

/** Parts to blame: of AND those that are not true, of OR all. */
export function failing(condition: ConditionPart): readonly ConditionPart[] {
  if (condition.truth === 'true') return [];
  return condition.parts.length === 0 ? [condition] : condition.parts.flatMap(failing);
}

function newPolicy(table: SurveyedRelation, role: string, command: RowCommand): Fix {
  const clause = command === 'insert' ? 'WITH CHECK' : 'USING';
  return fix(
    `add a policy: CREATE POLICY ... ON ${sqlName(table)} FOR ${command.toUpperCase()} TO ${quoteIdentifier(role)} ${clause} (...)`,
  );
}

function fixOf(policies: readonly PolicyOfRow[]): Fix {
  const parts = policies.flatMap(({ condition }) => failing(condition));
  const claims = parts.flatMap((part) =>
    Object.entries(part.claims ?? {}).map(([name, value]) => (value === null ? name : `${name} = ${value}`)),
  );
  const row = 'change the row, what the policy looks up, or the policy, so that it is true';
  if (claims.length === 0) return fix(row);
  return fix(`send a token with the claim ${[...new Set(claims)].join(', ')}; or ${row}`);
}

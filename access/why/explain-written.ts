import { quoteIdentifier } from '../../postgres/quote.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { RowAnswer, Step } from './explanation.ts';
import type { Question } from './found.ts';
import { writesFor, type RelationRequest } from './relation-request.ts';
import { attempt, claimsAlone } from './request-session.ts';
import {
  answerRows,
  dropRows,
  keepRows,
  keepWritten,
  keyOf,
  readPastPolicies,
  refusalOf,
  type Question as Asked,
} from './rows.ts';

const statement = statementsOf('access/why');

/** The rejected row, and the step of the policies that reject it. */
export interface Written {
  readonly steps: readonly Step[];
  readonly rows: readonly RowAnswer[];
  readonly notes: readonly string[];
}

type Content = Readonly<Record<string, unknown>>;

/**
 * Finds the first row that policies do not let a request write: as the statement leaves it, with defaults under the request's
 * claims and with what BEFORE triggers make of it. Undefined where each passes.
 */
export async function explainWritten(question: Question, asked: RelationRequest): Promise<Written | undefined> {
  const { session, role } = question;
  const { relation, command, needsSelect } = asked;
  if (!(await readPastPolicies(session, relation))) return undefined;
  const questions: Asked[] = [
    { command, clause: 'WITH CHECK' },
    // Postgres rejects a written row that the request could not read, where it reads the table at all.
    ...(needsSelect ? [{ command: 'select', clause: 'USING' } as const] : []),
  ];
  const { contents, notes } = await writtenRows(question, asked);
  for (const content of contents) {
    const { rows } = await keepWritten(session, relation, content);
    const policies = (await answerRows(session, relation, role, questions, [1])).get(1)!;
    await dropRows(session);
    const refusal = refusalOf(policies, questions, { table: relation, role });
    if (!refusal) continue;
    const { because, fix } = refusal;
    const table = `${relation.schema}.${relation.name}`;
    return {
      steps: [{ stage: 'policies', outcome: 'decided', words: because, fix }],
      rows: [{ table, key: keyOf(relation, rows[0]!.content), outcome: 'rejected', because, policies }],
      notes,
    };
  }
  return undefined;
}

/** Rows as the statement would leave them. It runs past policies: they would reject the row before it can be seen. */
async function writtenRows(
  { session, limit }: Question,
  asked: RelationRequest,
): Promise<{ readonly contents: readonly Content[]; readonly notes: readonly string[] }> {
  const { relation, command, filters, body } = asked;
  const returning = `RETURNING to_jsonb(${quoteIdentifier(relation.name)}.*) AS content`;
  const found: Content[] = [];
  const notes = new Set<string>();
  const tried = async (sql: string, fallback: Content) => {
    const outcome = await attempt(session, claimsAlone(session), sql);
    if (outcome.error) {
      notes.add(
        `the row with its defaults could not be made with the rights of the connected role (${outcome.error.message}): the sent values are explained`,
      );
      found.push(fallback);
    }
    for (const { content } of (outcome.rows ?? []) as { content: Content }[]) found.push(content);
  };
  if (command === 'insert') {
    for (const row of body.slice(0, limit)) await tried(writesFor(asked, 'true', returning, [row])[0]!, row);
    return { contents: found, notes: [...notes] };
  }
  const { rows } = await keepRows(session, relation, { conditions: filters.conditions, limit });
  await dropRows(session);
  for (const { content } of rows) {
    const place = statement('place_is', { name: relation.name, content: JSON.stringify(content) });
    await tried(writesFor(asked, place, returning, body)[0]!, { ...content, ...body[0] });
  }
  return { contents: found, notes: [...notes] };
}

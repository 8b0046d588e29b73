import { fix } from '../../audit/fix.ts';
import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { statementsOf } from '../../postgres/statements.ts';
import type { RowAnswer } from './explanation.ts';
import { placeOf } from './explain-table.ts';
import type { Written } from './explain-written.ts';
import type { Found, Question } from './found.ts';
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
import type { Conflict } from './upsert.ts';

const statement = statementsOf('access/why');

type Content = Readonly<Record<string, unknown>>;

const SELECTED: Asked = { command: 'select', clause: 'USING' };

/**
 * Finds the first row that policies do not let an upsert write. Postgres asks for each row: may it be inserted, may the row that
 * exists be read and updated, and may it become what the upsert makes of it. It must be readable, since an upsert compares its key.
 */
export async function explainUpsert(
  question: Question,
  asked: RelationRequest,
  conflict: Conflict,
): Promise<Written | undefined> {
  const { relation } = asked;
  if (!(await readPastPolicies(question.session, relation))) return undefined;
  for (const row of asked.body.slice(0, question.limit)) {
    const proposed = await proposedRow(question, asked, row);
    const states = [
      {
        content: proposed,
        questions: [{ command: 'insert', clause: 'WITH CHECK' }, SELECTED],
        is: 'the row that is sent',
      },
      ...(await changedRow(question, asked, { row, proposed, conflict })),
    ] as const;
    for (const { content, questions, is } of states) {
      const refused = await refusalFor(question, relation, { content, questions, is });
      if (refused) return refused;
    }
  }
  return undefined;
}

interface State {
  readonly content: Content;
  readonly questions: readonly Asked[];
  readonly is: string;
}

/** The row that exists, and what the upsert makes of it; empty where none exists or it is left as it is. */
async function changedRow(
  question: Question,
  asked: RelationRequest,
  { row, proposed, conflict }: { readonly row: Content; readonly proposed: Content; readonly conflict: Conflict },
): Promise<State[]> {
  if (conflict.resolution === 'ignore-duplicates') return [];
  const existing = await existingRow(question, asked.relation, proposed, conflict);
  if (!existing) return [];
  const returning = `RETURNING to_jsonb(${quoteIdentifier(asked.relation.name)}.*) AS content`;
  const { session } = question;
  const made = await attempt(session, claimsAlone(session), ...writesFor(asked, 'true', returning, [row]));
  const after = (made.rows?.[0] as { content: Content } | undefined)?.content ?? { ...existing, ...row };
  return [
    { content: existing, questions: [{ command: 'update', clause: 'USING' }, SELECTED], is: 'the row that exists' },
    {
      content: after,
      questions: [{ command: 'update', clause: 'WITH CHECK' }, SELECTED],
      is: 'the row after the update',
    },
  ];
}

/** A sent row with its defaults, under the claims of the request. */
async function proposedRow(
  { session }: Question,
  { relation, written }: Pick<RelationRequest, 'relation' | 'written'>,
  row: Content,
): Promise<Content> {
  const { schema, name } = relation;
  if (written.length === 0) return row;
  const make = statement('proposed', { schema, name });
  const propose = statement('propose', { schema, name, columns: written, content: JSON.stringify(row) });
  const outcome = await attempt(session, make, claimsAlone(session), propose);
  return (outcome.rows?.[0] as { content: Content } | undefined)?.content ?? row;
}

async function existingRow(
  { session }: Question,
  relation: SurveyedRelation,
  proposed: Content,
  { columns }: Conflict,
): Promise<Content | undefined> {
  const content = JSON.stringify(proposed);
  const { schema, name: table } = relation;
  const conditions = columns.map((column) => statement('same_key', { schema, table, column, content }));
  const { rows } = await keepRows(session, relation, { conditions, limit: 1 });
  await dropRows(session);
  return rows[0]?.content;
}

async function refusalFor(
  { session, role }: Question,
  relation: SurveyedRelation,
  { content, questions, is }: State,
): Promise<Written | undefined> {
  const { rows } = await keepWritten(session, relation, content);
  const policies = (await answerRows(session, relation, role, questions, [1])).get(1)!;
  await dropRows(session);
  const refusal = refusalOf(policies, questions, { table: relation, role });
  if (!refusal) return undefined;
  const because = `${is} does not pass: ${refusal.because}`;
  const row: RowAnswer = {
    table: placeOf(relation),
    key: keyOf(relation, rows[0]!.content),
    outcome: 'rejected',
    because,
    policies,
  };
  return {
    steps: [{ stage: 'policies', outcome: 'decided', words: because, fix: refusal.fix }],
    rows: [row],
    notes: [],
  };
}

/** Explains the rows that `resolution=ignore-duplicates` did not insert: those that exist, also where policies hide them. */
export async function ignored(
  question: Question,
  asked: Pick<RelationRequest, 'relation' | 'body'> & { readonly conflict: Conflict },
  count: number,
): Promise<Found> {
  const { session, role, limit } = question;
  const { relation, body, conflict } = asked;
  const place = placeOf(relation);
  const isPast = await readPastPolicies(session, relation);
  const written = [...new Set(body.flatMap(Object.keys))];
  const rows: RowAnswer[] = [];
  for (const row of isPast ? body.slice(0, limit) : []) {
    const proposed = await proposedRow(question, { relation, written }, row);
    const existing = await existingRow(question, relation, proposed, conflict);
    if (!existing) continue;
    const isBound = !session.audited.reach.isUnbound(role, relation);
    await keepWritten(session, relation, existing);
    const policies = isBound ? (await answerRows(session, relation, role, [SELECTED], [1])).get(1)! : [];
    await dropRows(session);
    const refusal = isBound ? refusalOf(policies, [SELECTED], { table: relation, role }) : undefined;
    rows.push({
      table: place,
      key: keyOf(relation, existing),
      outcome: refusal ? 'hidden' : 'reached',
      because: refusal?.because ?? 'the row exists, and is left as it is',
      policies,
    });
  }
  const missing = body.length - count;
  const hidden = rows.filter(({ outcome }) => outcome === 'hidden').length;
  const keys = conflict.columns.join(', ');
  const words = `${missing} of ${body.length} sent rows ${missing === 1 ? 'is' : 'are'} not inserted: ${place} has a row with the same ${keys}, and resolution=ignore-duplicates leaves it as it is${hidden === 0 ? '' : `; policies hide ${hidden === 1 ? 'that row' : `${hidden} of them`} from ${role}`}`;
  const advice = `send another ${keys}, or resolution=merge-duplicates to change the row`;
  return {
    result: count === 0 ? 'nothing' : 'some',
    steps: [{ stage: 'constraint', outcome: 'decided', words, fix: fix(advice) }],
    rows,
    notes: [],
  };
}

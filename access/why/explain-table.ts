import { fix } from '../../audit/fix.ts';
import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import type { RowAnswer, Step } from './explanation.ts';
import type { Found, Question } from './found.ts';
import type { RelationRequest } from './relation-request.ts';
import { answerRows, dropRows, keepRows, keyOf, readPastPolicies, refusalOf, type Question as Asked } from './rows.ts';

/** Rows of a table that are asked for. */
export interface Asking {
  readonly role: string;
  readonly conditions: readonly string[];
  readonly asked: Pick<RelationRequest, 'command' | 'needsSelect'>;
  /** Name under which the rows stay, for questions about rows that belong to them. @default they are dropped */
  readonly label?: string;
}

/** Explains which rows of a table policies let pass. */
export async function explainTable(
  { session, limit }: Question,
  table: SurveyedRelation,
  asking: Asking,
): Promise<Found> {
  const place = placeOf(table);
  const { role, conditions, label, asked } = asking;
  const { command, needsSelect } = asked;
  if (session.audited.reach.isUnbound(role, table)) return unbound(session, table, { ...asking, limit });
  if (!(await readPastPolicies(session, table))) {
    const { user } = session.audited.survey.server;
    const words = `policies of ${place} bind the connected role ${user} as well: a hidden row cannot be told from one that does not exist`;
    return {
      result: 'nothing',
      steps: [
        {
          stage: 'rows',
          outcome: 'unknown',
          words,
          fix: fix('connect as a superuser, or as a member of the owner of the table'),
        },
      ],
      rows: [],
      notes: [],
    };
  }
  const { rows: kept, truncated } = await keepRows(session, table, { conditions, limit });
  if (kept.length === 0) {
    await dropRows(session, label);
    return { result: 'nothing', steps: [noRow(place, conditions)], rows: [], notes: [] };
  }
  const questions: Asked[] = [
    ...(command === 'select' || needsSelect ? [{ command: 'select', clause: 'USING' } as const] : []),
    ...(command === 'select' ? [] : [{ command, clause: 'USING' } as const]),
  ];
  const answers = await answerRows(
    session,
    table,
    role,
    questions,
    kept.map(({ number }) => number),
  );
  const refusals = new Map(
    kept.map(({ number }) => [number, refusalOf(answers.get(number)!, questions, { table, role })]),
  );
  await dropRows(
    session,
    label,
    [...refusals].filter(([, refusal]) => !refusal).map(([number]) => number),
  );
  const found = kept.map(({ number, content }) => {
    const policies = answers.get(number)!;
    const refusal = refusals.get(number);
    const row: RowAnswer = {
      table: place,
      key: keyOf(table, content),
      outcome: refusal ? 'hidden' : 'reached',
      because: refusal?.because ?? 'policies let it pass',
      policies,
    };
    return { row, refusal };
  });
  const hidden = found.flatMap(({ refusal }) => refusal ?? []);
  const rights = `rows that ${role} may not see were read with the rights of ${session.audited.survey.server.user}`;
  return {
    result: hidden.length === 0 ? 'all' : hidden.length === found.length ? 'nothing' : 'some',
    steps: [policyStep(place, found.length, hidden, verbs[command])],
    rows: found.map(({ row }) => row),
    notes: [
      ...(hidden.length > 0 ? [rights] : []),
      ...(truncated ? [`only the first ${limit} rows are explained`] : []),
    ],
  };
}

const verbs = { select: 'shown', insert: 'inserted', update: 'changed', delete: 'deleted' };

function policyStep(
  place: string,
  count: number,
  hidden: readonly { readonly because: string; readonly fix: NonNullable<Step['fix']> }[],
  verb: string,
): Step {
  const [first] = hidden;
  if (!first) {
    return {
      stage: 'policies',
      outcome: 'passed',
      words: `policies let ${count === 1 ? 'the row' : `all ${count} rows`} of ${place} pass`,
    };
  }
  const reasons = [...new Set(hidden.map(({ because }) => because))];
  const which =
    count === 1
      ? `the row of ${place} exists and is not ${verb}`
      : `${hidden.length} of ${count} rows of ${place} exist and are not ${verb}`;
  const more = reasons.length > 1 ? `; ${reasons.length - 1} more reasons below` : '';
  return { stage: 'policies', outcome: 'decided', words: `${which}: ${reasons[0]}${more}`, fix: first.fix };
}

function noRow(place: string, conditions: readonly string[]): Step {
  const words =
    conditions.length === 0
      ? `${place} has no row at all`
      : `no row of ${place} has what the request asks for (${conditions.join(' AND ')})`;
  return { stage: 'rows', outcome: 'decided', words, fix: fix('ask for a row that exists, or insert it') };
}

async function unbound(
  session: Question['session'],
  table: SurveyedRelation,
  { role, conditions, label, limit }: Asking & { readonly limit: number },
): Promise<Found> {
  const place = placeOf(table);
  const reason = table.row_security ? `${role} is not bound by policies` : `row level security is off for ${place}`;
  const { rows, truncated } = await keepRows(session, table, { conditions, limit });
  await dropRows(
    session,
    label,
    rows.map(({ number }) => number),
  );
  if (rows.length === 0) return { result: 'nothing', steps: [noRow(place, conditions)], rows: [], notes: [] };
  return {
    result: 'all',
    steps: [{ stage: 'policies', outcome: 'passed', words: `${reason}: no policy hides a row` }],
    rows: rows.map(({ content }) => ({
      table: place,
      key: keyOf(table, content),
      outcome: 'reached',
      because: reason,
      policies: [],
    })),
    notes: truncated ? [`only the first ${limit} rows are explained`] : [],
  };
}

export function placeOf({ schema, name }: SurveyedRelation): string {
  return `${schema}.${name}`;
}

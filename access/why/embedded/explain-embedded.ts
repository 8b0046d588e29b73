import { fix } from '../../../audit/fix.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import { raw, statementsOf } from '../../../postgres/statements.ts';
import type { RowAnswer, Step } from '../explanation.ts';
import { explainTable, placeOf } from '../explain-table.ts';
import type { Found, Question } from '../found.ts';
import type { EmbeddedRequest } from './embedded-request.ts';
import { pairs } from './embedded-sql.ts';
import type { Hop } from './relationship.ts';

const statement = statementsOf('access/why');

/** Rows for which resources are embedded: kept under a label, those that the request reaches. */
interface Around {
  readonly label: string;
  /** Schema and name of their table. */
  readonly place: string;
  /** Number of rows that the request reaches. */
  readonly reached: number;
}

/** Explanation of embedded resources. */
export interface EmbeddedFound extends Pick<Found, 'steps' | 'rows' | 'notes'> {
  /** Rows around that are left out, by number, with the reason. */
  readonly left: ReadonlyMap<number, string>;
}

/** Explains which rows of embedded resources policies hide, and which rows around are left out for want of one. */
export async function explainEmbedded(
  question: Question,
  embedded: readonly EmbeddedRequest[],
  around: Around,
): Promise<EmbeddedFound> {
  const found: EmbeddedFound[] = [];
  for (const [index, one] of embedded.entries()) {
    found.push(await explainOne(question, one, around, `${around.label}_${index}`));
  }
  const left = new Map(found.flatMap((one) => [...one.left]));
  const { client } = question.session;
  if (left.size > 0) {
    await client.query(statement('drop_embedding', { label: around.label, numbers: [...left.keys()].map(String) }));
  }
  return {
    steps: found.flatMap(({ steps }) => steps),
    rows: found.flatMap(({ rows }) => rows),
    notes: found.flatMap(({ notes }) => notes),
    left,
  };
}

/** Marks rows that are left out; rows are in the order of their numbers. */
export function withoutLeft(rows: readonly RowAnswer[], left: EmbeddedFound['left']): RowAnswer[] {
  return rows.map((row, index) => {
    const because = left.get(index + 1);
    return because === undefined ? row : { ...row, outcome: 'hidden', because };
  });
}

async function explainOne(
  question: Question,
  embedded: EmbeddedRequest,
  around: Around,
  label: string,
): Promise<EmbeddedFound> {
  const { hops, filters, path } = embedded;
  const steps: Step[] = [];
  const rows: RowAnswer[] = [];
  const notes: string[] = [];
  const labels: string[] = [];
  for (const [index, hop] of hops.entries()) {
    const isLast = index === hops.length - 1;
    const own = `${label}_${index}`;
    const before = labels.at(-1) ?? around.label;
    const belongs = `EXISTS (SELECT FROM pg_temp.${before} AS p WHERE p.reached AND ${pairs(hop, '(p.content)', quoteIdentifier(hop.relation.name))})`;
    const conditions = [belongs, ...(isLast ? filters.conditions : [])];
    const asked = { command: 'select', needsSelect: true } as const;
    const found = await explainTable(question, hop.relation, { role: question.role, conditions, asked, label: own });
    const as = isLast ? `embedded as ${path}` : `leads to the embedded resource ${path}`;
    notes.push(...found.notes);
    const [step] = found.steps;
    if (step?.outcome === 'unknown') return { steps: [...steps, step], rows, notes, left: new Map() };
    steps.push(...found.steps.map((each) => named(each, hop, as)));
    labels.push(own);
    if (!isLast) {
      rows.push(...found.rows.filter(({ outcome }) => outcome === 'hidden').map((row) => ({ ...row, path })));
      continue;
    }
    const reached = found.rows.filter(({ outcome }) => outcome === 'reached').length;
    const place = placeOf(hop.relation);
    const inner = await explainEmbedded(question, embedded.embedded, { label: own, place, reached });
    rows.push(...withoutLeft(found.rows, inner.left).map((row) => ({ ...row, path })), ...inner.rows);
    steps.push(...inner.steps);
    notes.push(...inner.notes);
  }
  if (embedded.leavesOut !== 'rows without it') return { steps, rows, notes, left: new Map() };
  return { ...(await leftOut(question, embedded, { around, labels, steps })), rows, notes };
}

/** A table without a row for a resource hides nothing. */
function named(step: Step, { relation }: Hop, as: string): Step {
  if (step.stage !== 'rows') return { ...step, words: `${step.words} (${as})` };
  return { stage: 'rows', outcome: 'passed', words: `no row of ${placeOf(relation)} belongs to them (${as})` };
}

interface Leaving {
  readonly around: Around;
  /** Labels of the hops' rows. */
  readonly labels: readonly string[];
  readonly steps: readonly Step[];
}

async function leftOut(
  { session }: Question,
  { hops, path }: EmbeddedRequest,
  { around, labels, steps }: Leaving,
): Promise<Pick<EmbeddedFound, 'steps' | 'left'>> {
  const { rows } = await session.client.query<{ number: number; hidden: boolean }>(
    statement('rows_without', { label: around.label, ...rowsOf(hops, labels) }),
  );
  if (rows.length === 0) return { steps, left: new Map() };
  const place = placeOf(hops.at(-1)!.relation);
  const hidden = rows.filter((row) => row.hidden);
  const left = new Map(
    rows.map((row) => [
      row.number,
      `${path} is embedded by !inner, and ${row.hidden ? `the request reaches no row of ${place} for it` : `there is no row of ${place} for it`}`,
    ]),
  );
  const empty = rows.length - hidden.length;
  const told = steps.map((step, index) => {
    if (hidden.length === 0 || index !== steps.findIndex(({ outcome }) => outcome === 'decided')) return step;
    return { ...step, words: `${step.words}; !inner leaves out ${numbered(hidden.length, around.place)} for that` };
  });
  if (empty === 0) return { steps: told, left };
  const advice = `leave out !inner, ask for other rows, or insert a row into ${place}`;
  const words = `${numbered(empty, around.place)} ${empty === 1 ? 'has' : 'have'} no row of ${place} that the request asks for: ${path} is embedded by !inner, which leaves ${empty === 1 ? 'it' : 'them'} out`;
  const isAll = empty === around.reached;
  const step: Step = isAll
    ? { stage: 'rows', outcome: 'decided', words, fix: fix(advice) }
    : { stage: 'rows', outcome: 'passed', words };
  return { steps: [...told, step], left };
}

function numbered(count: number, place: string): string {
  return `${count} ${count === 1 ? 'row' : 'rows'} of ${place}`;
}

/** SQL of the rows of a resource that belong to a row `p`: those that are reached, and those that are not. */
function rowsOf([first, second]: readonly Hop[], [near, far]: readonly string[]) {
  const own = pairs(first!, '(p.content)', '(n.content)');
  if (!second) {
    const from = `SELECT FROM pg_temp.${near} AS n WHERE ${own}`;
    return { shown: raw(`${from} AND n.reached`), rows: raw(`${from} AND NOT n.reached`) };
  }
  const next = pairs(second, '(n.content)', '(f.content)');
  return {
    shown: raw(
      `SELECT FROM pg_temp.${near} AS n JOIN pg_temp.${far} AS f ON ${next} WHERE ${own} AND n.reached AND f.reached`,
    ),
    rows: raw(
      `SELECT FROM pg_temp.${near} AS n LEFT JOIN pg_temp.${far} AS f ON ${next} WHERE ${own} AND NOT (n.reached AND coalesce(f.reached, true))`,
    ),
  };
}

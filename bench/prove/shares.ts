import type { Status } from '../../access/prove/report/proof-summary.ts';
import type { Judgement } from '../../access/prove/verdict.ts';

/** Verdicts on a table that both provers have. */
export const SUBJECTS = ['anonymous reads', "reads of others' rows", 'writes'] as const;
export type Subject = (typeof SUBJECTS)[number];

/** Verdicts by table, for each subject. */
export type Shares = Readonly<Record<Subject, ReadonlyMap<string, Status>>>;

const WORST: readonly Status[] = ['leak', 'not modelled', 'proven'];

/** The worst verdict of each table and subject. */
export function sharesOf(judgements: readonly Judgement[], anonymous: string | undefined): Shares {
  const shares = Object.fromEntries(SUBJECTS.map((subject) => [subject, new Map<string, Status>()])) as Record<
    Subject,
    Map<string, Status>
  >;
  for (const judgement of judgements) {
    const { schema, name } = judgement.property.relation;
    const table = `${schema}.${name}`;
    const of = shares[subjectOf(judgement, anonymous)];
    const known = of.get(table) ?? 'proven';
    of.set(
      table,
      WORST.find((status) => status === known || status === judgement.verdict.status)!,
    );
  }
  return shares;
}

function subjectOf({ role, command }: Judgement, anonymous: string | undefined): Subject {
  if (command !== 'select') return 'writes';
  return role === anonymous ? 'anonymous reads' : "reads of others' rows";
}

/** Numbers of tables by verdict. */
export function numbersOf(verdicts: ReadonlyMap<string, Status>): Readonly<Record<Status, number>> {
  const count = (status: Status) => [...verdicts.values()].filter((one) => one === status).length;
  return { proven: count('proven'), leak: count('leak'), 'not modelled': count('not modelled') };
}

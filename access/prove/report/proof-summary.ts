import type { Judgement } from '../verdict.ts';

export type Status = Judgement['verdict']['status'];

/** Verdict of one property of a table for all of its roles and commands: the worst of theirs. */
export interface TableVerdict {
  readonly schema: string;
  readonly table: string;
  readonly property: string;
  readonly status: Status;
  readonly judgements: readonly Judgement[];
}

const STATUSES: readonly Status[] = ['leak', 'not modelled', 'proven'];

/** Verdicts by table and property, in the order of the judgements. */
export function byTable(judgements: readonly Judgement[]): readonly TableVerdict[] {
  const groups = new Map<string, Judgement[]>();
  for (const judgement of judgements) {
    const { relation, name } = judgement.property;
    const key = JSON.stringify([relation.schema, relation.name, name]);
    groups.set(key, [...(groups.get(key) ?? []), judgement]);
  }
  return [...groups.values()].map((group) => {
    const { relation, name } = group[0]!.property;
    const status = STATUSES.find((one) => group.some(({ verdict }) => verdict.status === one))!;
    return { schema: relation.schema, table: relation.name, property: name, status, judgements: group };
  });
}

/** Numbers of judgements by their status. */
export function totals(judgements: readonly Judgement[]): Readonly<Record<Status, number>> {
  const count = (status: Status) => judgements.filter(({ verdict }) => verdict.status === status).length;
  return { proven: count('proven'), leak: count('leak'), 'not modelled': count('not modelled') };
}

import { didYouMean } from '../../../errors/did-you-mean.ts';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import type { SurveyedReference, SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import { fix } from '../../../audit/fix.ts';
import type { Step } from '../explanation.ts';
import type { Embed } from '../request/embeds.ts';

/** A step from one table to another: by a foreign key of either. */
export interface Hop {
  readonly relation: SurveyedRelation;
  readonly reference: SurveyedReference;
  /** True if the foreign key is that of `relation`; false if it is that of the table before. */
  readonly isOwn: boolean;
}

/** The column before and the column of the hop's table, of each pair that is equal. */
export function joinColumns({
  reference: { columns, referenced_columns: referenced },
  isOwn,
}: Hop): [string, string][] {
  return columns.map((name, index) => (isOwn ? [referenced[index]!, name] : [name, referenced[index]!]));
}

/** Relationship of an embedded resource: the way to its table, the step with which PostgREST rejects it, or the reason why it is not explained. */
export type Relationship =
  { readonly hops: readonly Hop[] } | { readonly step: Step; readonly code: string } | { readonly note: string };

interface Way {
  readonly hops: readonly Hop[];
  /** Names that tell it from others, in `!hint`. */
  readonly hints: readonly string[];
}

/** Finds how a table is related to a resource that a request embeds, as PostgREST does: by foreign keys, also through a junction. */
export function relationshipOf({ survey, scope }: Anywhere, from: SurveyedRelation, embed: Embed): Relationship {
  const { target, hint } = embed;
  const named = survey.relations.find((one) => one.schema === from.schema && one.name === target && one.kind !== 'S');
  const isComputed = survey.functions.some((fn) => fn.name === target && fn.of_row === from);
  const notExplained = (reason: string) => ({
    note: `the embedded resource ${embed.name} is not explained: ${reason}`,
  });
  if (isComputed) return notExplained(`the function ${target} computes it`);
  if (isView(from) || (named && isView(named))) return notExplained('it is one of a view: ask for it by itself');
  if (named === from) return notExplained('it is of the same table: ask for it by itself');
  const tables = survey.relations.filter(({ kind, partition }) => (kind === 'r' || kind === 'p') && !partition);
  const ways = [
    ...forwards(from, target),
    ...backwards(from, target, tables),
    ...through(
      from,
      named,
      tables.filter(({ schema }) => scope.schemas.includes(schema)),
    ),
  ].filter(({ hints }) => hint === undefined || hints.includes(hint));
  const [only] = ways;
  if (only && ways.length === 1) return { hops: only.hops };
  return ways.length === 0
    ? { step: noWay(from, embed, tables), code: 'PGRST200' }
    : { step: several(from, embed, ways), code: 'PGRST201' };
}

function isView({ kind }: SurveyedRelation): boolean {
  return kind === 'v' || kind === 'm';
}

/** By a foreign key of the table: `select=*,projects(*)` of tasks. */
function forwards(from: SurveyedRelation, target: string): Way[] {
  return from.references
    .filter((reference) => isTarget(reference, target, reference.referenced, from))
    .map((reference) => ({
      hops: [{ relation: reference.referenced, reference, isOwn: false }],
      hints: hintsOf(reference),
    }));
}

/** By a foreign key of the other table: `select=*,tasks(*)` of projects. */
function backwards(from: SurveyedRelation, target: string, tables: readonly SurveyedRelation[]): Way[] {
  return tables.flatMap((relation) =>
    relation.references
      .filter(
        (reference) =>
          reference.referenced === from &&
          relation.schema === from.schema &&
          (relation.name === target || reference.name === target),
      )
      .map((reference) => ({ hops: [{ relation, reference, isOwn: true }], hints: hintsOf(reference) })),
  );
}

/** Through a junction: a table whose primary key has both foreign keys. */
function through(
  from: SurveyedRelation,
  target: SurveyedRelation | undefined,
  tables: readonly SurveyedRelation[],
): Way[] {
  return tables.flatMap((junction) => {
    const key = junction.indexes.find(({ primary }) => primary)?.keys ?? [];
    const inKey = junction.references.filter(({ columns }) => columns.every((name) => key.includes(name)));
    return inKey
      .filter(({ referenced }) => referenced === from)
      .flatMap((near) =>
        inKey
          .filter((far) => far !== near && far.referenced === target)
          .map((far) => ({
            hops: [
              { relation: junction, reference: near, isOwn: true },
              { relation: far.referenced, reference: far, isOwn: false },
            ],
            hints: [junction.name],
          })),
      );
  });
}

/** A foreign key is named by its table, by itself, or by its only column. */
function isTarget(
  { name, columns }: SurveyedReference,
  target: string,
  referenced: SurveyedRelation,
  { schema }: SurveyedRelation,
): boolean {
  if (referenced.schema !== schema) return false;
  return referenced.name === target || name === target || (columns.length === 1 && columns[0] === target);
}

function hintsOf({ name, columns, referenced_columns: referenced }: SurveyedReference): string[] {
  return [name, ...(columns.length === 1 ? [...columns, ...referenced] : [])];
}

function noWay(from: SurveyedRelation, { target, hint }: Embed, tables: readonly SurveyedRelation[]): Step {
  const place = placeOf(from);
  const by = hint === undefined ? '' : ` by ${JSON.stringify(hint)}`;
  const related = [
    ...new Set([
      ...from.references.map(({ referenced }) => referenced.name),
      ...tables
        .filter(({ references }) => references.some(({ referenced }) => referenced === from))
        .map(({ name }) => name),
    ]),
  ].sort();
  const words = `${place} has no relationship to ${JSON.stringify(target)}${by}: no foreign key leads there${didYouMean(target, related)}`;
  const advice =
    related.length === 0
      ? 'add a foreign key, and reload the schema cache (NOTIFY pgrst)'
      : `embed one of ${related.join(', ')}; or add a foreign key, and reload the schema cache (NOTIFY pgrst)`;
  return { stage: 'address', outcome: 'decided', words, fix: fix(advice) };
}

function several(from: SurveyedRelation, { target }: Embed, ways: readonly Way[]): Step {
  const choices = ways.map(({ hints }) => `${target}!${hints[0]}(...)`);
  return {
    stage: 'address',
    outcome: 'decided',
    words: `${placeOf(from)} has ${ways.length} relationships to ${JSON.stringify(target)}, and the request does not say which`,
    fix: fix(`name one: ${choices.join(' or ')}`),
  };
}

function placeOf({ schema, name }: SurveyedRelation): string {
  return `${schema}.${name}`;
}

import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { Step } from '../explanation.ts';
import type { NeededGrant } from '../grants.ts';
import { readFilters, type Filters } from '../request/filters.ts';
import type { Embed } from '../request/embeds.ts';
import { joinColumns, relationshipOf, type Hop } from './relationship.ts';

/** An embedded resource of a request, with the tables that lead to it. */
export interface EmbeddedRequest {
  readonly name: string;
  /** Names from the outermost resource on: `tasks.comments`. */
  readonly path: string;
  readonly hops: readonly Hop[];
  /** Rows of the outer resource that the request leaves out: those without a row here, those with one, or none. */
  readonly leavesOut: 'rows without it' | 'rows with it' | undefined;
  readonly filters: Filters;
  /** Columns that are read to answer. */
  readonly read: readonly string[];
  readonly embedded: readonly EmbeddedRequest[];
}

/** Embedded resources of a request, or the step with which PostgREST rejects one. */
export interface EmbeddedRequests {
  readonly embedded: readonly EmbeddedRequest[];
  readonly refusal?: { readonly step: Step; readonly code: string };
  readonly notes: readonly string[];
}

type Parameters = readonly (readonly [name: string, value: string])[];

/** Finds the tables of embedded resources. Those that are not explained are left out, with a note. */
export function embeddedRequests(
  audited: Anywhere,
  from: SurveyedRelation,
  embeds: readonly Embed[],
  parameters: Parameters,
  path: readonly string[] = [],
): EmbeddedRequests {
  const embedded: EmbeddedRequest[] = [];
  const notes: string[] = [];
  for (const embed of embeds) {
    const way = relationshipOf(audited, from, embed);
    if ('step' in way) return { embedded, refusal: way, notes };
    if ('note' in way) {
      notes.push(way.note);
      continue;
    }
    const relation = way.hops.at(-1)!.relation;
    const names = [...path, embed.name];
    const inner = embeddedRequests(audited, relation, embed.embeds, parameters, names);
    notes.push(...inner.notes);
    if (inner.refusal) return { embedded, refusal: inner.refusal, notes };
    const filters = readFilters(ownParameters(parameters, names, embed.embeds));
    notes.push(
      ...filters.notUnderstood.map(
        (text) => `the filter ${names.join('.')}.${text} is not understood and was left out`,
      ),
    );
    embedded.push({
      name: embed.name,
      path: names.join('.'),
      hops: way.hops,
      leavesOut: leavesOut(embed, parameters, path),
      filters,
      read: embed.selected ?? relation.columns.map(({ name }) => name),
      embedded: inner.embedded,
    });
  }
  return { embedded, notes };
}

/** Parameters of a resource by their names in it: `done` for `tasks.done`. */
function ownParameters(parameters: Parameters, names: readonly string[], embeds: readonly Embed[]): Parameters {
  const prefix = `${names.join('.')}.`;
  return parameters.flatMap(([name, value]): Parameters => {
    if (!name.startsWith(prefix)) return [];
    const own = name.slice(prefix.length);
    const isDeeper = own.includes('.') && !/^not\.(and|or)$/.test(own);
    return isDeeper || embeds.some((embed) => embed.name === own) ? [] : [[own, value]];
  });
}

/** `!inner` and the filter `tasks=not.is.null` mean the same, and `tasks=is.null` the contrary. */
function leavesOut(
  { name, inner }: Embed,
  parameters: Parameters,
  path: readonly string[],
): EmbeddedRequest['leavesOut'] {
  const [, filter] = parameters.find(([parameter]) => parameter === [...path, name].join('.')) ?? [];
  if (inner || filter === 'not.is.null') return 'rows without it';
  return filter === 'is.null' ? 'rows with it' : undefined;
}

/** Grants on each table that embedded resources need, from the outermost on. */
export function embeddedGrants(
  embedded: readonly EmbeddedRequest[],
): { relation: SurveyedRelation; needed: NeededGrant[] }[] {
  return embedded.flatMap(({ path, hops, read, filters, embedded: inner }) => {
    const own = hops.map((hop, index) => {
      const next = hops[index + 1];
      const columns = [
        ...(next ? joinColumns(next).map(([from]) => from) : [...read, ...filters.columns]),
        ...joinColumns(hop).map(([, column]) => column),
        ...(next ? [] : inner.flatMap((one) => joinColumns(one.hops[0]!).map(([from]) => from))),
      ];
      const reason = next ? `it leads to the embedded resource ${path}` : `the request embeds it as ${path}`;
      return {
        relation: hop.relation,
        needed: [{ command: 'select', columns: [...new Set(columns)], reason } as const],
      };
    });
    return [...own, ...embeddedGrants(inner)];
  });
}

/** Every embedded resource, those inside of others too. */
export function allEmbedded(embedded: readonly EmbeddedRequest[]): EmbeddedRequest[] {
  return embedded.flatMap((one) => [one, ...allEmbedded(one.embedded)]);
}

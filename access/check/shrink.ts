import type { CheckRequest, Sender } from './request.ts';
import type { PlacedRow } from './rows.ts';

/** Rows that exist, and a request that meets them. */
export interface CheckCase {
  readonly rows: readonly PlacedRow[];
  readonly request: CheckRequest;
}

/** Makes a case smaller for as long as it still fails: without rows, claims, filters and columns that do not matter. */
export async function shrink<Case extends CheckCase>(
  first: Case,
  fails: (smaller: CheckCase) => Promise<Case | undefined>,
): Promise<Case> {
  let smallest = first;
  for (let found = true; found;) {
    found = false;
    for (const smaller of smallerThan(smallest)) {
      const failed = await fails(smaller);
      if (!failed) continue;
      smallest = failed;
      found = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan({ rows, request }: CheckCase): Generator<CheckCase> {
  for (const part of halves(rows)) yield { rows: part, request };
  for (const part of without(rows)) yield { rows: part, request };
  for (const smaller of smallerRequests(request)) yield { rows, request: smaller };
}

function* smallerRequests(request: CheckRequest): Generator<CheckRequest> {
  for (const sender of smallerSenders(request.sender)) yield { ...request, sender };
  if (request.kind !== 'insert') for (const filters of without(request.filters)) yield { ...request, filters };
  if (request.kind === 'read') {
    if (request.embedded) yield { ...request, embedded: undefined };
    for (const columns of without(request.columns)) if (columns.length > 0) yield { ...request, columns };
  }
  if (request.kind === 'insert') {
    for (const rows of without(request.rows)) if (rows.length > 0) yield { ...request, rows };
    if (request.conflict) yield { ...request, conflict: undefined };
  }
  if (request.kind === 'update') {
    for (const set of without(Object.entries(request.set))) {
      if (set.length > 0) yield { ...request, set: Object.fromEntries(set) };
    }
  }
  if ('returning' in request && request.returning) yield { ...request, returning: undefined };
}

function* smallerSenders({ role, claims }: Sender): Generator<Sender> {
  if (claims) for (const fewer of without(Object.entries(claims))) yield { role, claims: Object.fromEntries(fewer) };
}

function* halves<T>(items: readonly T[]): Generator<readonly T[]> {
  const middle = Math.ceil(items.length / 2);
  if (items.length > 2) yield* [items.slice(0, middle), items.slice(middle)];
}

function* without<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = items.length - 1; at >= 0; at--) yield items.filter((_, index) => index !== at);
}

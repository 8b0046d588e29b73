import type { Bound } from './grade.ts';
import type { Piece } from './deciding-pieces.ts';

/** A piece that is not the same in both databases. */
export interface ChangedPiece {
  readonly name: string;
  /** True for what is run when rows are written: what it does is not compared. */
  readonly isCode: boolean;
  /** SQL that decided before; undefined where nothing of that name did. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Pieces that only one of the two has, by their names. */
export function changedPieces(before: readonly Piece[], after: readonly Piece[]): ChangedPiece[] {
  const [lost, gained] = [without(before, after), without(after, before)];
  const names = new Set([...lost, ...gained].map(({ name }) => name));
  const sqlOf = (pieces: readonly Piece[], name: string) => {
    const found = pieces.find((piece) => piece.name === name);
    return found && (found.sql ?? found.text);
  };
  return [...names].map((name) => ({
    name,
    isCode: [...lost, ...gained].some((piece) => piece.name === name && piece.effect === 'code'),
    before: sqlOf(lost, name),
    after: sqlOf(gained, name),
  }));
}

/** Pieces whose texts the others do not have, whatever their names. */
function without(pieces: readonly Piece[], others: readonly Piece[]): Piece[] {
  const known = new Set(others.map(({ text }) => text));
  return pieces.filter(({ text }) => !known.has(text));
}

/**
 * Bound that the texts alone give: each further permissive policy lets through at least as much, each further restrictive
 * one at most as much, if all that they rest on stays.
 */
export function boundOf(before: readonly Piece[], after: readonly Piece[]): Bound | undefined {
  if (before.some(isAll)) return 'not wider';
  if (after.some(isAll)) return 'not narrower';
  const [lost, gained] = [without(before, after), without(after, before)];
  if ([...lost, ...gained].every(({ effect }) => effect === 'permissive' || effect === 'restrictive')) {
    if (isNoWider(lost, gained)) return 'not wider';
    if (isNoWider(gained, lost)) return 'not narrower';
  }
  return undefined;
}

function isNoWider(lost: readonly Piece[], gained: readonly Piece[]): boolean {
  return gained.every(({ effect }) => effect === 'restrictive') && lost.every(({ effect }) => effect === 'permissive');
}

function isAll({ effect }: Piece): boolean {
  return effect === 'all';
}

/** Rows that a rule gives, with all of its limits at once. */
export interface Alternative {
  /** Columns that name the user. */
  readonly own?: readonly string[];
  /** Groups that the rows belong to, such as `their tenant`. */
  readonly of?: readonly string[];
  /** Conditions on the row, such as `published`. */
  readonly where?: readonly string[];
  /** Conditions on the token alone, such as `their claim role is admin`. */
  readonly given?: readonly string[];
}

/** A rule about rows: all, none, or those of one of some alternatives. */
export type Phrase = 'all' | 'none' | readonly Alternative[];

/** Rows of both rules. */
export function both(left: Phrase, right: Phrase): Phrase {
  if (left === 'none' || right === 'none') return 'none';
  if (left === 'all') return right;
  if (right === 'all') return left;
  return left.flatMap((one) => right.map((other) => joined(one, other)));
}

/** Rows of either rule. */
export function either(left: Phrase, right: Phrase): Phrase {
  if (left === 'all' || right === 'all') return 'all';
  if (left === 'none') return right;
  if (right === 'none') return left;
  const [one, other] = [onlyWhere(left), onlyWhere(right)];
  if (one !== undefined && other !== undefined) return [{ where: [`${one} or ${other}`] }];
  const known = new Set(left.map(alternativeWords));
  return [...left, ...right.filter((alternative) => !known.has(alternativeWords(alternative)))];
}

/** A rule in words: `own rows (user_id), or rows where published`. */
export function phraseWords(phrase: Phrase): string {
  if (phrase === 'all') return 'all rows';
  if (phrase === 'none') return 'no rows';
  return phrase.map(alternativeWords).join(', or ');
}

function joined(one: Alternative, other: Alternative): Alternative {
  const of = <Key extends keyof Alternative>(key: Key) => [...new Set([...(one[key] ?? []), ...(other[key] ?? [])])];
  return { own: of('own'), of: of('of'), where: of('where'), given: of('given') };
}

/** The single condition on the row that an alternative is. */
function onlyWhere(phrase: readonly Alternative[]): string | undefined {
  const [{ own = [], of = [], where = [], given = [] } = {}, ...others] = phrase;
  const isOnly = others.length === 0 && own.length + of.length + given.length === 0 && where.length === 1;
  return isOnly ? where[0] : undefined;
}

function alternativeWords({ own = [], of = [], where = [], given = [] }: Alternative): string {
  const subject = own.length > 0 ? `own rows (${own.join(', ')})` : of.length + where.length > 0 ? 'rows' : 'all rows';
  return [
    subject,
    ...(of.length > 0 ? [` of ${of.join(' and of ')}`] : []),
    ...(where.length > 0 ? [` where ${conditions(where)}`] : []),
    ...(given.length > 0 ? [`, if ${conditions(given)}`] : []),
  ].join('');
}

function conditions(list: readonly string[]): string {
  if (list.length === 1) return list[0]!;
  return list.map((condition) => (/ (?:or|OR) /.test(condition) ? `(${condition})` : condition)).join(' and ');
}

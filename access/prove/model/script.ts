/** SMT-LIB text of one question: what is declared, defined and asserted. Terms are texts. */
export class Script {
  readonly #lines: string[] = [];
  readonly #symbols = new Map<string, string>();
  readonly #shared = new Map<string, string>();
  readonly #distinct = new Map<string, Set<string>>();

  /** The symbol of a key, declared at its first use: a constant, or a function of sorts. */
  symbol(key: string, sort: string, parameters: readonly string[] = []): string {
    const known = this.#symbols.get(key);
    if (known !== undefined) return known;
    const name = `s${this.#symbols.size}`;
    this.#symbols.set(key, name);
    this.#lines.push(`(declare-fun ${name} (${parameters.join(' ')}) ${sort})`);
    return name;
  }

  /** A symbol that equals no other one of its sort that is declared so. */
  distinct(key: string, sort: string): string {
    const name = this.symbol(key, sort);
    const others = this.#distinct.get(sort) ?? new Set();
    this.#distinct.set(sort, others.add(name));
    return name;
  }

  sort(name: string): string {
    const key = `sort ${name}`;
    const known = this.#symbols.get(key);
    if (known !== undefined) return known;
    const symbol = `S${this.#symbols.size}`;
    this.#symbols.set(key, symbol);
    this.#lines.push(`(declare-sort ${symbol} 0)`);
    return symbol;
  }

  /** A short name for a long term, so that terms do not grow with each use. */
  share(term: string, sort = 'Bool'): string {
    if (term.length < 40) return term;
    const known = this.#shared.get(term);
    if (known !== undefined) return known;
    const name = `d${this.#shared.size}`;
    this.#shared.set(term, name);
    this.#lines.push(`(define-fun ${name} () ${sort} ${term})`);
    return name;
  }

  assert(term: string): void {
    if (term !== TRUE_TERM) this.#lines.push(`(assert ${term})`);
  }

  /** The whole text. */
  text(): string {
    const distinct = [...this.#distinct.values()]
      .filter(({ size }) => size > 1)
      .map((names) => `(assert (distinct ${[...names].join(' ')}))`);
    return ['(declare-sort Text 0)', '(declare-sort Uuid 0)', ...this.#lines, ...distinct].join('\n');
  }
}

export const TRUE_TERM = 'true';
export const FALSE_TERM = 'false';

/** Conjunction of terms. */
export function all(...terms: readonly string[]): string {
  const rest = [...new Set(terms)].filter((term) => term !== TRUE_TERM);
  if (rest.includes(FALSE_TERM)) return FALSE_TERM;
  return rest.length > 1 ? `(and ${rest.join(' ')})` : (rest[0] ?? TRUE_TERM);
}

/** Disjunction of terms. */
export function any(...terms: readonly string[]): string {
  const rest = [...new Set(terms)].filter((term) => term !== FALSE_TERM);
  if (rest.includes(TRUE_TERM)) return TRUE_TERM;
  return rest.length > 1 ? `(or ${rest.join(' ')})` : (rest[0] ?? FALSE_TERM);
}

export function not(term: string): string {
  if (term === TRUE_TERM) return FALSE_TERM;
  if (term === FALSE_TERM) return TRUE_TERM;
  const inner = /^\(not (.*)\)$/s.exec(term)?.[1];
  return inner !== undefined && isOneTerm(inner) ? inner : `(not ${term})`;
}

function isOneTerm(text: string): boolean {
  return !text.includes(' ') || (text.startsWith('(') && closesAtEnd(text));
}

function closesAtEnd(text: string): boolean {
  let depth = 0;
  for (let n = 0; n < text.length; n += 1) {
    if (text[n] === '(') depth += 1;
    if (text[n] === ')') depth -= 1;
    if (depth === 0) return n === text.length - 1;
  }
  return false;
}

export function same(left: string, right: string): string {
  return left === right ? TRUE_TERM : `(= ${left} ${right})`;
}

export function choose(condition: string, then: string, otherwise: string): string {
  if (condition === TRUE_TERM || then === otherwise) return then;
  if (condition === FALSE_TERM) return otherwise;
  return `(ite ${condition} ${then} ${otherwise})`;
}

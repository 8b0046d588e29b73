/** A way to correct a finding. */
export interface Fix {
  /** The fix in words, with SQL where that is short. */
  readonly text: string;
  /** Statements to run in this order, each in a message of its own. Empty where you have to decide. */
  readonly sql: readonly string[];
}

/** Makes a fix of a text and the statements that it stands for. */
export function fix(text: string, ...sql: readonly string[]): Fix {
  return { text, sql };
}

/** Makes a fix whose text begins with its only statement. */
export function run(sql: string, rest = ''): Fix {
  return { text: `${sql}${rest}`, sql: [sql] };
}

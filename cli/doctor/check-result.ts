/** `problem`: a deploy would fail, or do harm. `warning`: it works, and something should be put right. */
export type CheckLevel = 'ok' | 'warning' | 'problem';

/** The result of one check. */
export interface CheckResult {
  /** Name of the check, such as `engine` or `ports`. */
  readonly check: string;
  readonly level: CheckLevel;
  readonly message: string;
  /** Remedy; undefined if all is well. */
  readonly fix?: string;
}

/** Makes the results of one check. */
export function resultsOf(check: string) {
  return {
    ok: (message: string): CheckResult => ({ check, level: 'ok', message }),
    warning: (message: string, fix: string): CheckResult => ({ check, level: 'warning', message, fix }),
    problem: (message: string, fix: string): CheckResult => ({ check, level: 'problem', message, fix }),
  };
}

/** Writes a result as one line of text. */
export function resultLine({ check, level, message, fix }: CheckResult): string {
  return `${level.padEnd(7)} ${check}: ${message}${fix === undefined ? '' : `; ${fix}`}`;
}

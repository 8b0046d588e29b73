/** `problem`: a deploy would fail, or do harm. `warning`: it works, and something should be put right. */
export type Level = 'ok' | 'warning' | 'problem';

/** The result of one check. */
export interface Finding {
  /** Name of the check, such as `engine` or `ports`. */
  readonly check: string;
  readonly level: Level;
  readonly message: string;
  /** Remedy; undefined if all is well. */
  readonly fix?: string;
}

/** Makes the findings of one check. */
export function findings(check: string) {
  return {
    ok: (message: string): Finding => ({ check, level: 'ok', message }),
    warning: (message: string, fix: string): Finding => ({ check, level: 'warning', message, fix }),
    problem: (message: string, fix: string): Finding => ({ check, level: 'problem', message, fix }),
  };
}

export function findingLine({ check, level, message, fix }: Finding): string {
  return `${level.padEnd(7)} ${check}: ${message}${fix === undefined ? '' : `; ${fix}`}`;
}

import type { BaseName } from '../../test/support/audit/corpus/base.ts';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';

export interface LinterFinding {
  readonly rule: string;
  readonly level: 'error' | 'warning' | 'info';
  readonly object: string;
}

/** A linter that the corpus is run through, as its users run it. */
export interface Linter {
  readonly name: string;
  /** Why it cannot run on this machine. */
  obstacle(): string | undefined;
  find(connection: LocalConnection, base: BaseName): Promise<readonly LinterFinding[]>;
}

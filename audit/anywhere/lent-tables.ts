import type { Anywhere } from './anywhere.ts';
import { unaskedTables, type UnaskedTable } from './bodies/unasked.ts';
import { grantedColumns, keeperOf, reachesAll } from './kept.ts';
import { ownerColumn } from './owner-column.ts';
import type { SurveyedFunction } from './survey.ts';
import { listed } from './words.ts';

/** Functions that compare a secret, and names of arguments that hold one: the caller must know something. */
const COMPARES_SECRET = /\b(?:crypt|digest|hmac|pgp_sym_decrypt|pgp_pub_decrypt|verify_password|check_password)\s*\(/i;
const SECRET_ARGUMENT =
  /^_*(?:p_|in_)?(?:\w*_)?(?:pass(?:word|wd|phrase)?|pwd|secret|token|otp|pin|nonce|signature|api_?key|invite_?code|invitation_?code|access_?code)$/i;
/** A body that only counts something up. */
const COUNTS =
  /^\s*(?:begin\s+)?update\s+[\w."]+\s+set\s+([\w"]+)\s*=\s*(?:coalesce\s*\(\s*)?(?:[\w"]+\.)?\1\b[^;,]*\+\s*1\s+where\b[^;]*;?\s*(?:end\s*;?\s*)?$/i;

/** Tables that a function lets a role reach past what keeps it from them, and how sure that is. */
export function tablesLent(audited: Anywhere, fn: SurveyedFunction, role: string): Lent[] {
  return unaskedTables(audited, fn).flatMap((touched) => {
    const { table, command, as } = touched;
    const ofOwners = ownerColumn(table) !== undefined;
    if (as === role || !reachesAll(audited, as, table, command) || (command === 'insert' && !ofOwners)) return [];
    const keeper = keeperOf(audited, role, table, command);
    if (keeper !== undefined) return [{ ...touched, sure: keeper !== 'owner column' }];
    const columns = grantedColumns(audited, role, table, command);
    const isUngranted = columns !== 'all' && columns.size === 0;
    return isUngranted && (command === 'update' || command === 'delete') ? [{ ...touched, sure: false }] : [];
  });
}

/** A table that a function lends, and if policies or grants keep it from the caller. */
export interface Lent extends UnaskedTable {
  readonly sure: boolean;
}

/** True if the caller must know a secret, or if the function does nothing that reveals or changes a row. */
export function asksOtherwise({ texts }: Anywhere, fn: SurveyedFunction): boolean {
  const body = texts.bodyOf(fn);
  return (
    COMPARES_SECRET.test(body) || fn.argument_names.some((name) => SECRET_ARGUMENT.test(name)) || COUNTS.test(body)
  );
}

/** Rights that a function lends, for a sentence. */
export function lentInWords(lent: readonly UnaskedTable[]): string {
  const commands = new Map<string, Set<string>>();
  for (const { table, command } of lent) {
    const name = `${table.schema}.${table.name}`;
    commands.set(name, (commands.get(name) ?? new Set<string>()).add(command));
  }
  return listed([...commands].map(([name, used]) => `${listed([...used])} rows of ${name}`));
}

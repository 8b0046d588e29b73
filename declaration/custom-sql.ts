import { checkClaimCasts } from './claim-casts.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { lineAt, splitSql } from '../postgres/sql-text.ts';
import { render } from '../postgres/template.ts';
import type { CustomPolicy, Declaration, SqlSource } from './types.ts';

/** PostgREST 12 dropped one setting a claim; a policy that still reads it would see null, in every row. */
const LEGACY_CLAIM = /request\.jwt\.claim\.(\w+)/;

/** Refuses SQL that can't be sent, or that reads claims in the way that PostgREST 12 and later no longer serve. */
export function checkSql(source: SqlSource): void {
  if (source.sql.includes('\0')) refuse('invalid_sql', source.file, 'the file holds a NUL character', 'remove it');
  for (const part of splitSql(source.sql)) {
    const match = part.kind === 'comment' ? null : LEGACY_CLAIM.exec(part.text);
    if (!match) continue;
    refuse(
      'legacy_claim_setting',
      `${source.file}:${lineAt(source.sql, part.offset + match.index)}`,
      `"${match[0]}" is not set by PostgREST 12 or later`,
      `use (SELECT :"private".claim('${match[1]}')), or (SELECT nullif(current_setting('request.jwt.claims', true), '')::json ->> '${match[1]}')`,
    );
  }
}

/**
 * Refuses a text, its placeholders filled, that is not one condition: it stands inside the parentheses of USING or WITH CHECK, and must neither
 * close them nor start another statement.
 */
export function checkCondition(source: SqlSource): void {
  checkSql(source);
  const brackets: string[] = [];
  let empty = true;
  for (const part of splitSql(source.sql)) {
    const fail = (offset: number, problem: string, fix: string) =>
      refuse('invalid_sql', `${source.file}:${lineAt(source.sql, part.offset + offset)}`, problem, fix);
    if (part.kind === 'unterminated') fail(0, 'a string, name or comment is not closed', 'close it');
    if (part.kind !== 'comment' && part.text.trim() !== '') empty = false;
    if (part.kind !== 'code') continue;
    for (const { 0: mark, index } of part.text.matchAll(/[;()[\]]/g)) {
      if (mark === ';')
        fail(index, 'a condition can not hold ";"', 'write one condition, without a statement around it');
      if (mark === '(' || mark === '[') brackets.push(mark);
      else if (brackets.pop() !== (mark === ')' ? '(' : '['))
        fail(index, `"${mark}" closes nothing`, 'balance the brackets');
    }
  }
  if (brackets.length > 0) {
    refuse('invalid_sql', source.file, `"${brackets.at(-1)}" is not closed`, 'balance the brackets');
  }
  if (empty) refuse('invalid_sql', source.file, 'the condition is empty', 'write one, such as "true"');
  checkClaimCasts(source);
}

/** Fills the placeholders of a condition. */
export function renderCondition(
  source: SqlSource,
  values: CustomPolicy['values'],
  { privateSchema }: Pick<Declaration, 'privateSchema'>,
): string {
  return render(source, { ...values, private: privateSchema });
}

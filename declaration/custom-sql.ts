import { checkClaimCasts } from './claim-casts.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { placeIn } from '../postgres/place-in.ts';
import { readPsqlScript } from '../postgres/psql-script.ts';
import { lineAt, splitSql } from '../postgres/sql-text.ts';
import { render } from '../postgres/template.ts';
import type { CustomPolicy, Declaration, SqlSource } from './types.ts';

/** Settings of a single claim, header or cookie, in any case. PostgREST 12 dropped them: they are null in every row. */
const LEGACY_SETTING = /(?:request\.jwt\.claim|(?<=')request\.(?:header|cookie))(?![\w])(?:\.([\w-]*))?/gi;

/** Rejects SQL that cannot be sent, or that reads claims only in the way that PostgREST 12 and later no longer serve. */
export function checkSql(source: SqlSource): void {
  if (source.sql.includes('\0')) refuse('invalid_sql', source.file, 'the file holds a NUL character', 'remove it');
  if (!/request\.(jwt\.claim|header|cookie)/i.test(source.sql)) return;
  for (const texts of statementTexts(readPsqlScript(source.sql).sql)) {
    const whole = texts.map(({ text }) => text).join(' ');
    for (const { text, offset } of texts) {
      for (const match of text.matchAll(LEGACY_SETTING)) {
        const [setting, name = ''] = match;
        if (!readsAlso(whole, setting, name)) refuseSetting(placeIn(source, offset + match.index), setting, name);
      }
    }
  }
}

function refuseSetting(place: string, setting: string, name: string): never {
  const problem = name === '' ? `settings whose names begin with "${setting}" are` : `"${setting}" is`;
  refuse('legacy_claim_setting', place, `${problem} not set by PostgREST 12 or later`, currentForm(setting, name));
}

/** Tests if a statement reads the same value in the present form as well, as SQL for several versions does. */
function readsAlso(statement: string, setting: string, name: string): boolean {
  const rest = statement.replaceAll(setting, '');
  return (
    rest.toLowerCase().includes(`${presentSetting(setting)}'`) && new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(rest)
  );
}

/** JSON setting with all claims, headers or cookies. */
function presentSetting(legacy: string): string {
  return `${/^request\.(jwt\.claim|header|cookie)/.exec(legacy.toLowerCase())![0]}s`;
}

function currentForm(setting: string, name: string): string {
  const present = presentSetting(setting);
  const value = `(SELECT nullif(current_setting('${present}', true), '')::json ->> '${name === '' ? 'name' : name}')`;
  return present === 'request.jwt.claims'
    ? `use (SELECT :"private".claim('${name === '' ? 'name' : name}')), or ${value}`
    : `use ${value}`;
}

/** Texts of each statement without comments, also those in bodies of functions. */
function statementTexts(sql: string): { readonly text: string; readonly offset: number }[][] {
  const statements: { text: string; offset: number }[][] = [[]];
  for (const { kind, text, offset } of splitSql(sql)) {
    if (kind === 'comment') continue;
    const dollars = kind === 'string' ? /^\$\w*\$/.exec(text)?.[0].length : undefined;
    if (dollars !== undefined) {
      const body = splitSql(text.slice(dollars, -dollars)).filter((part) => part.kind !== 'comment');
      statements.at(-1)!.push(...body.map((part) => ({ text: part.text, offset: offset + dollars + part.offset })));
      continue;
    }
    let at = 0;
    for (const piece of kind === 'code' ? text.split(';') : [text]) {
      if (at > 0) statements.push([]);
      statements.at(-1)!.push({ text: piece, offset: offset + at });
      at += piece.length + 1;
    }
  }
  return statements;
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
        fail(index, 'a condition cannot hold ";"', 'write one condition, without a statement around it');
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

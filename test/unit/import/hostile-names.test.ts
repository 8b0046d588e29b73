import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { inlineText } from '../../../import/project/condition-text.ts';
import { declarationFile } from '../../../import/project/declaration-file.ts';
import { printCode } from '../../../import/project/print-code.ts';
import { codeSpan, plainText } from '../../../import/report/code-span.ts';
import { reportFile } from '../../../import/report/report-file.ts';

it.each([
  ['public.todos', '`public.todos`'],
  ['a`b', '``a`b``'],
  ['`a``', '``` `a`` ```'],
  ['a\n# heading\u202e', '`a\\u{a}# heading\\u{202e}`'],
])('%j is the code %j in a report', (text, code) => {
  expect(codeSpan(text)).toBe(code);
});

it.each(["anon: select, insert (users' own)", 'größer'])('%s is plain text in a report', (text) => {
  expect(plainText(text)).toBe(text);
});

it('no name, policy or source is read as Markdown or HTML', () => {
  const hostile = '<img src=x onerror=alert(1)>\n## What you decide\n[a](javascript:alert(1))';
  const access = { compared: 1, refused: 0, explained: [], unexplained: [hostile] };
  const notes = [{ reason: 'rejected_condition' as const, object: hostile, detail: hostile }];
  const report = reportFile('shop', hostile, notes, access);
  expect(report.match(/^## What you decide$/gm)).toHaveLength(1);
  expect(report.replaceAll(/`[^`]*`/g, '')).not.toMatch(/<img|javascript/);
});

it('no source ends the comment that names it', () => {
  const text = declarationFile({ name: 'shop', schemas: ['api'], roles: { users: ['member'] } }, 'x */ evil() /*\n');
  expect(text).toContain('/** Imported from x * / evil() /*\\u{a}: see IMPORT.md. */');
});

it.each(["'; evil(); '", '`${evil()}`', '\\', '"\\', 'a\nb', 'a\u2028\u202eb', '__proto__'])(
  'a name %j stands in code as it is',
  (name) => {
    const code = printCode({ where: { [name]: name } });
    expect(code).not.toMatch(/[\n\u2028\u202e]/);
    const value = JSON.stringify(runInNewContext(`(${code})`));
    expect(value).toBe(JSON.stringify({ where: { [name]: name } }));
  },
);

it.each(["name = 'a\rb'", "name = 'a\u202eb'", "name = '`'", "name = '${x}'", "name ~ '\\d'"])(
  'a condition %j, which a template text would change or hide, has a file of its own',
  (sql) => {
    expect(inlineText({ file: 'policies/a.sql', sql })).toBeUndefined();
  },
);

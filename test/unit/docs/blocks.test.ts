import { readFileSync } from 'node:fs';
import { parse } from 'libpg-query';
import { describe, expect, it } from 'vitest';
import { sqlFile } from '../../../declaration/index.ts';
import { checkCondition } from '../../../declaration/custom-sql.ts';
import { render } from '../../../postgres/template.ts';
import type { PolicyInput } from '../../../declaration/index.ts';
import { evaluate } from '../../support/docs/evaluate.ts';
import { allBlocks, codeBlocks, root, type CodeBlock } from '../../support/docs/markdown.ts';
import { renderedPolicy } from '../../support/docs/rendered-policy.ts';

const sql = allBlocks('sql');
const isCondition = ({ file }: CodeBlock) => file?.includes('policies/') ?? false;
const source = ({ file = '', text }: CodeBlock) => ({ file, sql: text });

describe('SQL', () => {
  it.each(sql.filter((block) => !isCondition(block)))('$place is SQL', async ({ text }) => {
    expect((await parse(text)).stmts?.length).toBeGreaterThan(0);
  });

  it.each(sql.filter(isCondition))('$place is one condition', async (block) => {
    const condition = render(source(block), { private: 'app_private', state: 'draft' });
    checkCondition({ ...source(block), sql: condition });
    expect((await parse(`SELECT FROM t WHERE (${condition})`)).stmts).toHaveLength(1);
  });
});

it.each(allBlocks('json'))('$place is JSON', ({ text }) => {
  expect(JSON.parse(text)).toBeDefined();
});

describe('README.md and docs/declaration.md show the files of examples/todos:', () => {
  const shown = ['README.md', 'docs/declaration.md']
    .flatMap(codeBlocks)
    .filter(({ file = '' }) => file.startsWith('examples/todos/'));

  it.each(shown)('$file', ({ file = '', text }) => {
    const own = text.slice(text.indexOf('\n') + 1);
    const example = readFileSync(`${root}${file}`, 'utf8');
    expect(own).toBe(
      example
        .replace(/^\/\/ In a project.*\n/, '')
        .replace("'../../declaration/index.ts'", "'cdktf-secured-postgrest/declaration'")
        .replace("'../../testing/vitest/index.ts'", "'cdktf-secured-postgrest/testing/vitest'"),
    );
  });

  it('all of them', () => expect(shown).toHaveLength(4));
});

describe('docs/policies.md shows what each policy is rendered to:', () => {
  const blocks = codeBlocks('docs/policies.md');
  const pairs = blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    return block.language === 'ts' && next?.language === 'sql' ? [{ ...block, sql: next.text }] : [];
  });

  it.each(pairs)('$place', ({ text, sql: shown }) => {
    const file = blocks.find((block) => block.language === 'sql' && block.file && text.includes(`'${block.file}'`));
    const policy = evaluate(text, { sqlFile: () => source(file!) }) as PolicyInput;
    expect(words(shown)).toEqual(words(renderedPolicy(policy)));
  });

  it('all kinds', () => expect(pairs).toHaveLength(8));

  it('and the condition of the example is the one in docs/policies.md', () => {
    const shown = blocks.find(({ file }) => file === 'policies/own-todos.sql')!;
    expect(words(shown.text)).toEqual(words(sqlFile(`${root}examples/todos/policies/own-todos.sql`).sql));
  });
});

/** Code alone: without comments, line breaks and spaces beside brackets. */
function words(text: string): string {
  return text
    .replaceAll(/--.*$/gm, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([();]) ?/g, '$1')
    .trim();
}

import Ajv from 'ajv';
import { describe, expect, it, vi } from 'vitest';
import { declarationJsonSchema } from '../../../declaration/json-schema.ts';
import type { IsSame } from '../../../declaration/same-type.ts';
import type { DeclarationInput } from '../../../declaration/types.ts';

// The examples then export what they declare.
vi.mock('../../../declaration/declare.ts', () => ({ declare: (input: unknown) => input }));

const matches = new Ajv().compile(declarationJsonSchema());

async function example(name: string): Promise<DeclarationInput> {
  const { default: input } = (await import(`../../../examples/${name}/declaration.ts`)) as { default: unknown };
  return JSON.parse(JSON.stringify(input)) as DeclarationInput;
}

function problems(input: unknown): string[] {
  matches(input);
  return (matches.errors ?? []).map(
    ({ dataPath, message, params }) => `${dataPath} ${message} ${JSON.stringify(params)}`,
  );
}

describe('the JSON schema of a declaration', () => {
  it.each(['todos', 'projects', 'existing', 'board'])('accepts examples/%s', async (name) => {
    const input = await example(name);
    expect(input).toHaveProperty('roles');
    expect(problems({ $schema: './declaration.schema.json', ...input })).toEqual([]);
  });

  it('rejects a misspelt key, at the top and inside of a grant', async () => {
    const todos = await example('todos');
    const [table, ...tables] = todos.tables!;
    const grants = [{ to: 'todos_user', selct: true }];
    expect(problems({ ...todos, tabels: [] })).toEqual([
      ' should NOT have additional properties {"additionalProperty":"tabels"}',
    ]);
    expect(problems({ ...todos, tables: [{ ...table, grants }, ...tables] })).toEqual([
      '.tables[0].grants[0] should NOT have additional properties {"additionalProperty":"selct"}',
    ]);
  });

  it('rejects a declaration without its roles', async () => {
    const { roles, ...rest } = await example('todos');
    expect(roles).toBeDefined();
    expect(problems(rest)).toEqual([' should have required property \'roles\' {"missingProperty":"roles"}']);
  });
});

it('a member that only one of two types has, or that only one may lack, does not compile', () => {
  true satisfies IsSame<{ a: { readonly b?: readonly 1[] } }, { a: { b?: 1[] } }>;
  // @ts-expect-error a member is missing on the left
  true satisfies IsSame<{ a: { b: 1 } }, { a: { b: 1; c?: 2 } }>;
  // @ts-expect-error a member is missing on the right
  true satisfies IsSame<{ a: { b: 1; c?: 2 } }, { a: { b: 1 } }>;
  // @ts-expect-error a member may be left out on one side only
  true satisfies IsSame<{ a: { b?: 1 } }, { a: { b: 1 } }>;
  // @ts-expect-error a value is missing
  true satisfies IsSame<{ a: 1 | 2 }, { a: 1 }>;
});

import Ajv from 'ajv';
import { describe, expect, it, vi } from 'vitest';
import { declarationJsonSchema } from '../../../declaration/json-schema.ts';
import type { IsSame } from '../../../declaration/same-type.ts';
import type { DeclarationInput } from '../../../declaration/types.ts';
import { describeSchema } from '../../../scripts/describe-schema.mjs';

// The examples then export what they declare.
vi.mock('../../../declaration/declare.ts', () => ({ declare: (input: unknown) => input }));

const schema = describeSchema(declarationJsonSchema()) as Schema;
const matches = new Ajv().compile(schema);

interface Schema {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Each property of a schema, by its place. */
function propertiesOf(part: unknown, place = ''): [string, Schema][] {
  if (typeof part !== 'object' || part === null) return [];
  const properties = Object.entries((part as Schema).properties ?? {}).flatMap(([name, property]) => {
    const inside = `${place}.${name}`;
    return [[inside, property] as [string, Schema], ...propertiesOf(property, inside)];
  });
  const others = Object.entries(part).flatMap(([key, value]) =>
    key === 'properties' ? [] : propertiesOf(value, Number.isNaN(Number(key)) ? place : `${place}[${key}]`),
  );
  return [...properties, ...others];
}

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

  it('describes every property, as the doc comments of the types do', () => {
    const properties = new Map(propertiesOf(schema));
    expect(properties.size).toBeGreaterThan(100);
    expect([...properties].filter(([, { description }]) => !description).map(([place]) => place)).toEqual([]);
    expect(properties.get('.server.maxRows')).toMatchObject({
      description: 'Largest number of rows of one answer. Default: 1000',
      type: 'integer',
    });
    expect(properties.get('.tables.policies[1].kind')?.description).toBe('Rows of the tenant that the token names.');
    expect(properties.get('.tokens.revocation.bumpOn')?.description).toBe('Deprecated: use `revokeOnChange`');
    expect([...properties].filter(([, { description }]) => description!.includes('{@'))).toEqual([]);
  });

  it('is not built where the types lack one of its properties', () => {
    const misspelt = { properties: { ...schema.properties, tabels: {} } };
    expect(() => describeSchema(misspelt)).toThrow('declaration/types.ts: no type has just the properties $schema,');
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

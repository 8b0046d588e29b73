import { createHash } from 'node:crypto';
import { claimPath, typeName } from '../declaration/claims.ts';
import type { ClaimValue, Declaration } from '../declaration/types.ts';
import { packageTemplate, render } from '../postgres/template.ts';
import { claimIn } from './condition.ts';
import type { DesiredDefault, DesiredFunction } from './desired-access.ts';

/** Columns that new rows take from the token. */
export function claimDefaults({ tables, privateSchema }: Declaration): DesiredDefault[] {
  return tables.flatMap(({ schema, name, defaults = {} }) =>
    Object.entries(defaults).map(([column, value]) => {
      const called = functionName(value);
      const names = { private: privateSchema, function: called, schema, table: name, column };
      const statement = render(packageTemplate('compile/claim-default'), names).trim();
      return { table: { schema, name }, column, function: called, statement };
    }),
  );
}

/**
 * The functions that these defaults call, one for each claim and type. Postgres prints a call without arguments as it was
 * written, so the plan recognizes a changed default.
 */
export function claimDefaultFunctions(declaration: Declaration, everyone: readonly string[]): DesiredFunction[] {
  const values = declaration.tables.flatMap(({ defaults = {} }) => Object.values(defaults));
  const byName = new Map(values.map((value) => [functionName(value), value]));
  return [...byName].map(([name, { claim, type }]) => ({
    name,
    arguments: [],
    statement: render(packageTemplate('compile/functions/claim-default'), {
      private: declaration.privateSchema,
      function: name,
      type: typeName(type),
      body: `SELECT ${claimIn(type, claim, declaration).fragment}`,
    }),
    executableBy: everyone,
  }));
}

function functionName({ claim, type }: Required<ClaimValue>): string {
  const path = claimPath(claim);
  const identity = createHash('sha256')
    .update(JSON.stringify([path, typeName(type)]))
    .digest('hex');
  return `default_${path
    .join('_')
    .replace(/[^a-z0-9_]/gi, '_')
    .toLowerCase()
    .slice(0, 40)}_${identity.slice(0, 10)}`;
}

import type { Environment, Sql } from './environment.ts';
import { evaluateExpression } from './expressions.ts';
import type { ParsedCatalog } from './parsed-catalog.ts';
import { visible } from './policies.ts';
import { resultsOf } from './queries.ts';
import type { World } from './world.ts';

const SQL: Sql = { evaluate: evaluateExpression, results: resultsOf, visible };

/** The environment in which a role's SQL begins. */
export function environmentOf(world: World, catalog: ParsedCatalog, role: string): Environment {
  return {
    sql: SQL,
    world,
    catalog,
    role,
    user: role,
    scopes: [],
    arguments: new Map(),
    tables: new Map(),
    depth: 0,
    nesting: 0,
    isNegated: false,
  };
}

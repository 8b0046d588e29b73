import type { Environment, Sql } from './environment.ts';
import { evaluateExpression } from './expressions.ts';
import type { Library } from './library.ts';
import { visible } from './policies.ts';
import { resultsOf } from './queries.ts';
import type { World } from './world.ts';

const SQL: Sql = { evaluate: evaluateExpression, results: resultsOf, visible };

/** The environment in which a role's SQL begins. */
export function environmentOf(world: World, library: Library, role: string): Environment {
  return {
    sql: SQL,
    world,
    library,
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

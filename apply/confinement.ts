import type { Declaration } from '../declaration/types.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/**
 * Creates the function that runs a user's SQL inside a transaction. It belongs to the owner and is SECURITY DEFINER:
 * Postgres rejects a change of role inside it, so that no block, function or trigger gets back the admin's privileges.
 */
export function createConfinement({ privateSchema }: Declaration): string {
  return statement('create_confinement', { private: privateSchema });
}

/** Statements that check the function, which its owner may have replaced, and then run SQL in it. */
export function confined(declaration: Declaration, sql: string): string[] {
  return [checkConfinement(declaration), statement('run_confined', { private: declaration.privateSchema, sql })];
}

/** Runs SQL in the function as a parameter, so that an error's position counts from the beginning of the SQL. */
export async function runConfined({ client, declaration }: Session, sql: string): Promise<void> {
  await client.query(checkConfinement(declaration));
  await client.query(statement('run_confined_parameter', { private: declaration.privateSchema }), [sql]);
}

function checkConfinement({ privateSchema, owner }: Declaration): string {
  return statement('check_confinement', { private: privateSchema, owner });
}

/** Drops the function. */
export function dropConfinement({ privateSchema }: Declaration): string {
  return statement('drop_confinement', { private: privateSchema });
}

/** Statements that test if SQL can run. A savepoint undoes its effects. */
export function trialOf(declaration: Declaration, sql: string): string[] {
  return [
    statement('set_trial'),
    createConfinement(declaration),
    ...confined(declaration, sql),
    statement('back_to_trial'),
    statement('release_trial'),
  ];
}

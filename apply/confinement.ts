import type { Declaration } from '../declaration/types.ts';
import type { Session } from './session.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/**
 * Makes the function that runs a user's SQL inside of a transaction. The owner's function is SECURITY DEFINER: Postgres rejects
 * each change of the role there, so that no block, function or trigger can get back to the admin's rights.
 */
export function makeConfinement({ privateSchema }: Declaration): string {
  return statement('create_confinement', { private: privateSchema });
}

/** The statements that run one there, for the owner. What it runs in is looked at first: its owner may change it. */
export function confined(declaration: Declaration, sql: string): string[] {
  return [checkConfinement(declaration), statement('run_confined', { private: declaration.privateSchema, sql })];
}

/** The same for a statement of which an error is to be told with its place: in a message, Postgres would count from its beginning. */
export async function runConfined({ client, declaration }: Session, sql: string): Promise<void> {
  await client.query(checkConfinement(declaration));
  await client.query(statement('run_confined_parameter', { private: declaration.privateSchema }), [sql]);
}

function checkConfinement({ privateSchema, owner }: Declaration): string {
  return statement('check_confinement', { private: privateSchema, owner });
}

export function dropConfinement({ privateSchema }: Declaration): string {
  return statement('drop_confinement', { private: privateSchema });
}

/** The statements that show whether one can run; whatever running it does, nothing of it stays. */
export function tried(declaration: Declaration, sql: string): string[] {
  return [
    statement('set_trial'),
    makeConfinement(declaration),
    ...confined(declaration, sql),
    statement('back_to_trial'),
    statement('release_trial'),
  ];
}

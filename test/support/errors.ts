import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';

/** What an action refuses with; fails where it does not. */
export function refusal(action: () => unknown): SecuredPostgrestError {
  try {
    action();
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** The same for a promise. */
export async function rejection(promise: Promise<unknown>): Promise<SecuredPostgrestError> {
  const outcome = await promise.then(
    (value) => new Error(`nothing was refused: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof SecuredPostgrestError) return outcome;
  throw outcome;
}

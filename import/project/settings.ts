import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';

/** Tests if the name of a setting says that it is a secret. */
export function isSecret(name: string): boolean {
  return /secret|password|key$|jwks|db_uri/.test(name);
}

/** Tests if a declaration accepts a setting. */
export function isAccepted(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return false;
    throw error;
  }
}

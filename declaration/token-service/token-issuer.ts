import { refuse } from '../../errors/secured-postgrest-error.ts';
import { isSafeUrl, withoutSecrets } from '../keys/provider.ts';
import type { Declaration } from '../types.ts';

/**
 * Address of the token service: the declared issuer of tokens.
 *
 * @param given the same, or what counts where none is declared
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function tokenIssuer(place: string, { tokens }: Pick<Declaration, 'tokens'>, given = tokens.issuer): string {
  if (given === undefined || !isSafeUrl(given) || /[?#]/.test(given)) {
    refuse(
      'invalid_prop',
      `${place}.issuer`,
      `${given === undefined ? 'nothing' : withoutSecrets(given)} is no https address, or has credentials, a query or a fragment`,
      "declare `tokens: { issuer: 'https://id.example.org' }`; http is for this machine only",
    );
  }
  if (tokens.issuer !== undefined && tokens.issuer !== given) {
    refuse('invalid_prop', `${place}.issuer`, `${given} is not the declared "${tokens.issuer}"`, 'declare the same');
  }
  return given;
}

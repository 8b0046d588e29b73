import type { SigningAlgorithm } from '../../../declaration/types.ts';
import { generateKey, type PrivateKey } from '../../../tokens/index.ts';
import type { Refusal } from '../../support/answers.ts';
import { answers } from '../../support/embedded-postgrest.ts';
import { headerOf, rawToken, type Part } from './raw-token.ts';
import { audience, issuer, type Trusting } from './vault.ts';

/** A token of which somebody hopes for something. */
export interface HostileToken {
  readonly name: string;
  /** Absent where the kind of key has no such token. */
  readonly token: (server: Trusting) => string | undefined | Promise<string | undefined>;
  /** How it is refused; or what it is served as: the honest token that it is, for all that is odd in it. */
  readonly answer: Refusal | typeof tooLong | 'user one' | 'user two' | 'anonymous';
}

export const now = () => Math.floor(Date.now() / 1000);
export const honest = () => ({ role: 'vault_user', user_id: 1, iss: issuer, aud: audience, exp: now() + 600 });

export const notAMember: Refusal = { status: 403, code: '42501', message: /^permission denied to set role "\w+"$/ };
/** The login role, which may not even use the schema of the check before each request. */
export const powerless: Refusal = { status: 403, code: '42501', message: 'permission denied for schema vault_private' };
export const nul: Refusal = {
  status: 400,
  code: '22P05',
  message: 'unsupported Unicode escape sequence',
  details: '\\u0000 cannot be converted to text.',
};

export const overflow: Refusal = { status: 400, code: '22003', message: 'value overflows numeric format' };
/** The web server refuses it before PostgREST sees it, in plain text. */
export const tooLong = 'too long';

/** Signed by the trusted key, as whoever has a bad signer would. */
export const says = (
  name: string,
  claims: Record<string, unknown> | (() => Part),
  answer: HostileToken['answer'],
): HostileToken => ({
  name,
  token: ({ key }) =>
    rawToken(key, headerOf(key), typeof claims === 'function' ? claims() : { ...honest(), ...claims }),
  answer,
});
/** The same with the honest claims as JSON text, for what JSON.stringify would not write. */
export const saysText = (name: string, change: (json: string) => Part, answer: HostileToken['answer']) =>
  says(name, () => change(JSON.stringify(honest())), answer);

export const headed = (
  name: string,
  header: Record<string, unknown> | ((key: PrivateKey) => Part),
  answer: HostileToken['answer'],
) => ({
  name,
  token: ({ key }: Trusting) =>
    rawToken(key, typeof header === 'function' ? header(key) : { ...headerOf(key), ...header }, honest()),
  answer,
});

/** A key that no server trusts, one for each algorithm: RSA keys take long to make. */
export function foreignKey(algorithm: SigningAlgorithm): Promise<PrivateKey> {
  const key = foreignKeys.get(algorithm) ?? generateKey(algorithm);
  foreignKeys.set(algorithm, key);
  return key;
}
const foreignKeys = new Map<SigningAlgorithm, Promise<PrivateKey>>();

/** The same with a key of one's own. */
export const forged = (
  name: string,
  header: (own: PrivateKey, trusted: PrivateKey) => Part,
  answer: HostileToken['answer'] = answers.wrongSignature,
): HostileToken => ({
  name,
  token: async ({ key }) => {
    const own = await foreignKey(key.alg);
    return rawToken(own, header(own, key), { ...honest(), role: 'vault_auditor' });
  },
  answer,
});

export const bent = (
  name: string,
  change: (token: string, parts: [string, string, string]) => string,
  answer: HostileToken['answer'],
): HostileToken => ({
  name,
  token: ({ key }) => {
    const token = rawToken(key, headerOf(key), honest());
    return change(token, token.split('.') as [string, string, string]);
  },
  answer,
});

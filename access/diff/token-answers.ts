import pg from 'pg';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { claimsOf, requestValues } from '../map/request.ts';
import { inRequest, runAs } from '../prove/replay/as-request.ts';
import { sampleClaims } from '../sample-claims.ts';

/** Answers of the check before each request, by words for the request: `accepted`, or an SQLSTATE. */
export type TokenAnswers = ReadonlyMap<string, string>;

const ACCEPTED = 'accepted';
const NOWHERE = { schema: '', name: 'no_such_function' };

/**
 * Asks a declared database which tokens its check before each request accepts: one as declared for each role, and the same
 * with one fault each.
 *
 * @param client of a superuser, in a transaction
 */
export async function tokenAnswers(client: pg.ClientBase, declaration: Declaration): Promise<TokenAnswers> {
  const answers = new Map<string, string>();
  const ask = async (words: string, role: string, claims: Record<string, unknown>, callsFunction = false) => {
    const { names, settings, pre_request } = requestValues(declaration, {
      relation: { ...NOWHERE, schema: declaration.schemas[0]! },
      command: 'select',
      subject: { role, claims: {} },
      callsFunction,
    });
    const withClaims = settings.map((setting, n) =>
      names[n] === 'request.jwt.claims' ? JSON.stringify(claims) : setting,
    );
    answers.set(`${role}: ${words}`, await answerOf(client, { names, settings: withClaims, preRequest: pre_request }));
  };
  for (const { name: role } of apiRoles(declaration)) {
    const claims = claimsOf(declaration, { role, claims: sampleClaims(declaration, role) });
    await ask('a token as declared', role, claims);
    await ask('a token as declared, for a function that does not exist', role, claims, true);
    for (const [words, spoilt] of spoiltClaims(declaration, claims)) await ask(words, role, spoilt);
  }
  return answers;
}

type Claims = Readonly<Record<string, unknown>>;

/** Claims with one fault each: which of them the check rejects follows from what is declared. */
function spoiltClaims({ tokens }: Declaration, claims: Claims): [words: string, claims: Record<string, unknown>][] {
  const now = Number(claims['iat']);
  const day = 86_400;
  return [
    ['a token that has expired', { ...claims, exp: now - day }],
    ['a token that is not valid yet', { ...claims, nbf: now + day }],
    ['a token that was issued in the future', { ...claims, iat: now + day, exp: now + 2 * day }],
    ['a token whose claim "exp" is a text', { ...claims, exp: 'tomorrow' }],
    ['a token of another issuer', { ...claims, iss: 'https://other.example' }],
    ['a token for another audience', { ...claims, aud: 'another' }],
    ['a token that was issued a year ago', { ...claims, iat: now - 365 * day }],
    ...tokens.requiredClaims.map((name): [string, Record<string, unknown>] => [
      `a token without the claim "${name}"`,
      Object.fromEntries(Object.entries(claims).filter(([each]) => each !== name)),
    ]),
  ];
}

async function answerOf(client: pg.ClientBase, settings: Parameters<typeof runAs>[1]): Promise<string> {
  try {
    await inRequest(client, () => runAs(client, settings, 'SELECT'));
    return ACCEPTED;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error.code ?? error.message;
    throw error;
  }
}

/** Requests that one database accepts and the other one rejects, in words. */
export function differentAnswers(
  before: TokenAnswers,
  after: TokenAnswers,
): Readonly<Record<'opened' | 'closed', readonly string[]>> {
  const both = [...before].filter(([words]) => after.has(words));
  const isAccepted = (answers: TokenAnswers, words: string) => answers.get(words) === ACCEPTED;
  return {
    opened: both.filter(([words]) => !isAccepted(before, words) && isAccepted(after, words)).map(([words]) => words),
    closed: both.filter(([words]) => isAccepted(before, words) && !isAccepted(after, words)).map(([words]) => words),
  };
}

import { providerOf } from '../declaration/keys/provider.ts';
import type { Declaration, Tokens } from '../declaration/types.ts';

/** Clocks may differ by this number of seconds, as in PostgREST. */
const LEEWAY_SECONDS = 30;
const TIMES: readonly string[] = ['exp', 'nbf', 'iat'];

/**
 * JSON path that is true for claims in which the check before each request finds no problem, with `$clock` in seconds. It may be
 * false, null or an error for other claims that have none: the check examines these one by one. It leaves out the length of names,
 * and credentials in the subject, which a JSON path cannot see.
 */
export function claimsInOrder({ keys, tokens }: Declaration): string {
  const { requiredClaims, maximumAgeSeconds, revocation } = tokens;
  // Mapped roles check the issuer and its audience.
  const { issuer, audience }: Partial<Tokens> = providerOf(keys) ? {} : tokens;
  return [
    // Steps into a list would read its members.
    '$.type() == "object"',
    ...requiredClaims.filter((claim) => !TIMES.includes(claim)).map((claim) => `${member([claim])}.type() != "null"`),
    ...TIMES.map((claim) => isTime(claim, requiredClaims.includes(claim))),
    // A comparison reads the members of a list: right for the audience alone.
    ...(issuer ? [`$.iss.type() == "string" && $.iss == ${JSON.stringify(issuer)}`] : []),
    ...(audience ? [`$.aud == ${JSON.stringify(audience)}`] : []),
    ...(maximumAgeSeconds ? [`$.iat >= $clock - ${maximumAgeSeconds + LEEWAY_SECONDS}`] : []),
    ...(revocation ? ['$.jti.type() == "string"', ...isName(revocation.subject)] : []),
  ].join(' && ');
}

/** A whole number within a bound; it may be missing unless it is required. */
function isTime(claim: string, isRequired: boolean): string {
  const time = member([claim]);
  const bound = claim === 'exp' ? `> $clock - ${LEEWAY_SECONDS}` : `<= $clock + ${LEEWAY_SECONDS}`;
  const inOrder = `${time}.type() == "number" && ${time}.floor() == ${time} && ${time} ${bound}`;
  return isRequired ? inOrder : `(!exists(${time}) || ${inOrder})`;
}

/** A claim, by its path, that is a text or a number. */
function isName(path: readonly string[]): string[] {
  const type = `${member(path)}.type()`;
  return [...isBelowObjects(path), `(${type} == "string" || ${type} == "number")`];
}

/** All above a claim are objects. */
export function isBelowObjects(path: readonly string[]): string[] {
  return path.slice(1).map((_, index) => `${member(path.slice(0, index + 1))}.type() == "object"`);
}

/** The claim at a path; a step into a list would read its members. */
export function member(path: readonly string[]): string {
  return ['$', ...path.map((name) => JSON.stringify(name))].join('.');
}

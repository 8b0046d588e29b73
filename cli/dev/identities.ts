import { requestSubjects } from '../../access/subjects.ts';
import type { Identity } from '../../explorer/options.ts';
import type { EphemeralPostgrest } from '../../testing/index.ts';

/**
 * Each role of what runs now, with claims and a new token.
 *
 * @param claims beside the sample claims, or in their place
 */
export function identitiesOf(
  environment: EphemeralPostgrest,
  claims: Readonly<Record<string, unknown>>,
): Promise<Identity[]> {
  return Promise.all(
    Object.entries(requestSubjects(environment.declaration)).map(async ([role, subject]) => {
      if (subject === undefined) return { role, claims: {} };
      const all = { ...subject.claims, ...claims };
      return { role, claims: all, token: await sampleToken(environment, role, all) };
    }),
  );
}

/** A token with the claims that the declaration requires; for a day, unless the claims have an `exp`. */
export function sampleToken(
  environment: EphemeralPostgrest,
  role: string,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const { requiredClaims } = environment.declaration.tokens;
  return environment.tokenFor(role, claims, {
    ...(claims['exp'] === undefined && { expiresIn: 86_400 }),
    ...(requiredClaims.includes('nbf') && claims['nbf'] === undefined && { notBefore: new Date() }),
  });
}

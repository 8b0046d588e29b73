import { readClaim } from '../../declaration/claims.ts';
import { providerOf } from '../../declaration/keys/provider.ts';
import type { Declaration, JsonWebKeySet } from '../../declaration/types.ts';
import { fix } from '../../audit/fix.ts';
import { CLOCK_SKEW_S } from '../../tokens/clock-skew.ts';
import { epochSeconds } from '../../tokens/epoch-seconds.ts';
import { examineToken, type ExamineOptions } from '../../tokens/examine-token.ts';
import { moment, readToken } from '../../tokens/read-token.ts';
import type { TokenProblem } from '../../tokens/token-problem.ts';
import { claimsOf } from '../map/request.ts';
import type { Subject } from '../subjects.ts';
import type { Step } from './explanation.ts';

/** Sender of a request: a token, a role with claims as if a token had them, or nobody. */
export type Caller =
  | { readonly kind: 'none' }
  | { readonly kind: 'subject'; readonly subject: Subject }
  | { readonly kind: 'token'; readonly token: string };

/** How a token is checked. */
export interface TokenCheck extends ExamineOptions {
  readonly declaration?: Declaration | undefined;
  /** Keys that the server trusts. @default the signature is not checked */
  readonly keySet?: JsonWebKeySet | undefined;
  /** Role of requests without a token. */
  readonly anonymous: string | undefined;
  /** Path of the claim that names the role. @default ['role'] */
  readonly roleClaim?: readonly string[] | undefined;
}

/** A caller as PostgREST takes it. */
export interface Arrival {
  readonly steps: readonly Step[];
  /** Role with which the transaction begins; undefined where the request is rejected before. */
  readonly role?: string;
  /** Role that the check makes of it; undefined if that is not known. */
  readonly becomes?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Code of PostgREST's error. */
  readonly code?: string;
}

/** Checks a caller as PostgREST does before it asks the database. */
export async function arrivalOf(caller: Caller, check: TokenCheck): Promise<Arrival> {
  if (caller.kind === 'token') return withToken(caller.token, check);
  const { declaration, anonymous } = check;
  if (caller.kind === 'none') {
    if (anonymous === undefined) {
      const words = 'the request has no token, and no anonymous role was found';
      const step = {
        ...refused(words, 'send a token; or name the role with --anonymous if the servers have one (db-anon-role)'),
        stage: 'role' as const,
      };
      return { steps: [step], code: 'PGRST302' };
    }
    const words = `the request has no token, so its role is the anonymous one, ${anonymous}`;
    return {
      steps: [{ stage: 'token', outcome: 'passed', words }],
      role: anonymous,
      becomes: anonymous,
      claims: { role: anonymous },
    };
  }
  const { role, claims } = caller.subject;
  const words = `no token was checked: the role ${role} and its claims were given`;
  const arrived = declaration && providerOf(declaration.keys) && anonymous !== undefined ? anonymous : role;
  const said = declaration ? claimsOf(declaration, caller.subject) : { ...claims, role };
  return { steps: [{ stage: 'token', outcome: 'unknown', words }], role: arrived, becomes: role, claims: said };
}

async function withToken(token: string, check: TokenCheck): Promise<Arrival> {
  const { declaration, keySet, anonymous, roleClaim = ['role'] } = check;
  if (!declaration) return withoutDeclaration(token, check, roleClaim);
  const examined = await examineToken(token, declaration, keySet ?? { keys: [] }, check);
  const isAboutKeys = ({ code }: TokenProblem) => code === 'wrong_signature' || code === 'unknown_key';
  const problems = examined.problems.filter((problem) => keySet !== undefined || !isAboutKeys(problem));
  if (problems.length > 0 || !examined.claims) {
    const words = `the token is rejected: ${problems.map(({ problem }) => problem).join('; ')}`;
    return { steps: [refused(words, problems.map((problem) => problem.fix).join('; '))], code: 'PGRST301' };
  }
  const isProvided = providerOf(declaration.keys) !== undefined;
  const role = isProvided ? anonymous : ((examined.claims['role'] as string | undefined) ?? anonymous);
  const becomes = isProvided ? examined.role : role;
  return {
    steps: [acceptedStep(keySet !== undefined)],
    claims: { ...examined.claims, role },
    ...(role !== undefined && { role }),
    ...(becomes !== undefined && { becomes }),
  };
}

/** Without a declaration, times and the role are all that is known. */
function withoutDeclaration(
  token: string,
  { anonymous, now = new Date() }: TokenCheck,
  roleClaim: readonly string[],
): Arrival {
  const { claims } = readToken(token);
  const seconds = epochSeconds(now);
  const { exp, nbf } = claims;
  if (typeof exp === 'number' && exp <= seconds - CLOCK_SKEW_S) {
    return {
      steps: [refused(`the token is rejected: it expired at ${moment(exp)}`, 'get a new one')],
      code: 'PGRST301',
    };
  }
  if (typeof nbf === 'number' && nbf > seconds + CLOCK_SKEW_S) {
    const words = `the token is rejected: it counts only from ${moment(nbf)} on`;
    return { steps: [refused(words, 'wait, or compare the clocks')], code: 'PGRST301' };
  }
  const role = readClaim(claims, roleClaim) ?? anonymous;
  if (typeof role !== 'string') {
    const words = `the token is rejected: it has no claim "${roleClaim.join('.')}", and no anonymous role was found`;
    return { steps: [refused(words, 'have the claim put into the token')], code: 'PGRST302' };
  }
  return { steps: [acceptedStep(false)], role, claims: { ...claims, role } };
}

function acceptedStep(isSigned: boolean): Step {
  if (isSigned) return { stage: 'token', outcome: 'passed', words: 'the token is accepted' };
  const words = 'the token can be read and its times are right; its signature was not checked, since no keys are known';
  return { stage: 'token', outcome: 'unknown', words };
}

function refused(words: string, advice: string): Step {
  return { stage: 'token', outcome: 'decided', words, fix: fix(advice) };
}

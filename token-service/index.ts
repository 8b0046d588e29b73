/**
 * A token service for those without an identity provider: sign-in, tokens for PostgREST, refresh.
 *
 * @example
 * await createTokenStorage(admin, declaration, { password });
 * const passwordHash = await hashPassword('correct horse battery staple');
 *
 * @module
 */
export type { AttemptLimits } from './attempts.ts';
export type { TokenServiceEvent } from './log.ts';
export { hashPassword } from './passwords.ts';
export type { TokenServiceClient } from '../declaration/token-service/token-clients.ts';
export type { Lifetimes } from '../declaration/token-service/token-lifetimes.ts';
export type { Authenticate } from './sign-in.ts';
export { createTokenStorage, type TokenStorageOptions } from './storage.ts';
export {
  tokenService,
  type RunningTokenService,
  type TokenService,
  type TokenServiceOptions,
} from './token-service.ts';

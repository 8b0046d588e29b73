/**
 * For programs that call the API with tokens of a token service, or of any other OAuth server. Nothing of Node.js is needed.
 *
 * @example
 * const client = createTokenClient({
 *   tokenEndpoint: 'https://id.example.org/token',
 *   clientId: 'web',
 *   tokens: { refreshToken: 'as the sign-in has returned it' },
 * });
 * const response = await client.fetch('https://api.example.org/todos');
 *
 * @module
 */
export { createTokenClient, type TokenClient } from './token-client.ts';
export type { ClientTokens, TokenClientOptions } from './options.ts';
export { TokenClientError } from './token-client-error.ts';

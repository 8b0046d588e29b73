import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A request that is being answered. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const current = new AsyncLocalStorage<Exchange>();

/** Runs what answers a request. oidc-provider hands no request to where it keeps its models, which ask for it here. */
export function answering<T>(exchange: Exchange, answer: () => T): T {
  return current.run(exchange, answer);
}

/** The request that is being answered; undefined outside of one. */
export function currentExchange(): Exchange | undefined {
  return current.getStore();
}

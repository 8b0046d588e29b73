import type { Explanation, RowAnswer, Step } from './explanation.ts';
import type { ApiRequest } from './request/api-request.ts';
import type { RequestSession } from './request-session.ts';

/** A request whose role is known and that the check before it has accepted. */
export interface Question {
  readonly session: RequestSession;
  readonly role: string;
  /** Exposed schema in which the request finds names. */
  readonly schema: string;
  readonly request: ApiRequest;
  /** Maximum number of rows that are explained. */
  readonly limit: number;
}

/** Answer from there on. */
export interface Found {
  readonly result: Explanation['result'];
  readonly code?: string | undefined;
  readonly steps: readonly Step[];
  readonly rows: readonly RowAnswer[];
  readonly notes: readonly string[];
}

import type { AnsweredRequest } from '../../../access/why/declared/answered-request.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { visible } from '../../../errors/visible.ts';
import { readAccessLine } from './access-line.ts';
import { rejectionsIn } from './database-error.ts';
import { withKnownRole } from './known-role.ts';
import { explainRefusal } from '../../../access/why/declared/explain-refusal.ts';
import { readTarget } from '../../../access/why/request/request-target.ts';

const REJECTED: readonly number[] = [401, 403];
const ROLE_UNKNOWN = "the log does not say which role a provider's token has become, or if there was a token";

/** Lines that the servers have logged meanwhile. */
export interface LoggedLines {
  readonly postgres: readonly string[];
  readonly postgrest: readonly string[];
}

/** A rejected request, and the text that describes it. */
export interface Refusal {
  readonly request: AnsweredRequest;
  readonly text: string;
}

/**
 * Describes the requests that were rejected, each with the reason. The two logs share no key: each request is given the first
 * message of Postgres that is left, which is its own unless requests are rejected at the same time.
 */
export function refusalsIn(declaration: Declaration, { postgres, postgrest }: LoggedLines): Refusal[] {
  const messages = rejectionsIn(postgres);
  return postgrest.flatMap((line) => {
    const logged = readAccessLine(line);
    if (logged === undefined || !isRejected(logged.status, logged.target, declaration)) return [];
    const request = withKnownRole(logged, declaration);
    // Postgres logs no message of its own for a rejected token, and for a function that is hidden.
    const isLogged = logged.role !== undefined && REJECTED.includes(logged.status);
    const message = isLogged ? messages.shift() : undefined;
    const { role = 'a request', method, target, status } = request;
    const reason = message === undefined ? '' : `, ${message}`;
    const head = `rejected: ${role}, ${method} ${target}: ${status}${reason}`;
    const isUnknown = isLogged && request.role === undefined;
    const why = isUnknown ? [ROLE_UNKNOWN] : explainRefusal(declaration, logged, message);
    const reasons = why.map((sentence) => `  ${sentence}`);
    return [{ request, text: [head, ...reasons].map(visible).join('\n') }];
  });
}

/** The check of each request answers a call of a function that is not declared as if there were none. */
function isRejected(status: number, target: string, { functions }: Declaration): boolean {
  if (status !== 404) return REJECTED.includes(status);
  const { isFunction, name } = readTarget(target);
  return isFunction && !functions.some((declared) => declared.name === name);
}

import type { AnsweredRequest } from '../../../access/why/declared/answered-request.ts';
import { explainRequest } from '../../../access/why/explain-request.ts';
import { parseRequest } from '../../../access/why/request/api-request.ts';
import { readTarget } from '../../../access/why/request/request-target.ts';
import type { EphemeralPostgrest } from '../../../testing/index.ts';
import { connectionOf } from '../database.ts';
import { hiddenLine } from './hidden-line.ts';

/** Milliseconds between the end of one look and the next. */
const PAUSE_MS = 1000;
/** Requests that wait; others are forgotten. */
const MOST_WAITING = 20;
/** Rows of each table that are looked at. */
const MOST_ROWS = 20;
/** Milliseconds for each statement: a large table is not searched. */
const STATEMENT_MS = 250;

/** Looks at answered requests, after their answers. */
export interface HiddenTeller {
  look(request: AnsweredRequest): void;
  /** Forgets what was printed. */
  changed(): void;
  stop(): void;
}

/**
 * Prints which policies hide rows from a read, once for each role and table until the environment changes. One look at a time, with
 * a pause after each; a look that fails or takes too long prints nothing.
 *
 * @param claimsOf claims of the tokens of a role: the logs have none
 */
export function hiddenTeller(
  environment: Pick<EphemeralPostgrest, 'databaseUrl' | 'declaration'>,
  claimsOf: (role: string) => Readonly<Record<string, unknown>>,
  print: (line: string, request: AnsweredRequest) => void,
): HiddenTeller {
  const waiting = new Map<string, AnsweredRequest>();
  let seen = new Set<string>();
  let told = new Set<string>();
  let isLooking = false;
  let isStopped = false;
  const lookAt = async (request: AnsweredRequest) => {
    const { declaration, databaseUrl } = environment;
    const role = request.role!;
    const isAnonymous = role === declaration.anonymous?.name;
    const claims = isAnonymous ? {} : claimsOf(role);
    const explanation = await explainRequest(
      connectionOf(databaseUrl),
      isAnonymous ? { kind: 'none' } : { kind: 'subject', subject: { role, claims } },
      parseRequest(`${request.method} ${request.target}`),
      { declaration, limit: MOST_ROWS, statementTimeoutMs: STATEMENT_MS },
    );
    const line = hiddenLine(explanation, claims);
    if (line === undefined || isStopped || declaration !== environment.declaration) return;
    told.add(placeOf(request));
    print(line, request);
  };
  const next = () => {
    const [first] = waiting;
    if (isLooking || isStopped || !first) return;
    const [key, request] = first;
    waiting.delete(key);
    if (told.has(placeOf(request))) return next();
    isLooking = true;
    void lookAt(request)
      .catch(() => undefined)
      .finally(() =>
        setTimeout(() => {
          isLooking = false;
          next();
        }, PAUSE_MS).unref(),
      );
  };
  return {
    look(request) {
      const { role, method, target, status } = request;
      const isRead = (method === 'GET' || method === 'HEAD') && (status === 200 || status === 206);
      const { name, isFunction } = readTarget(target);
      if (!isRead || role === undefined || isFunction || name === '' || told.has(placeOf(request))) return;
      const key = `${role} ${target}`;
      if (seen.has(key) || waiting.size >= MOST_WAITING) return;
      seen.add(key);
      waiting.set(key, request);
      next();
    },
    changed() {
      seen = new Set();
      told = new Set();
      waiting.clear();
    },
    stop() {
      isStopped = true;
    },
  };
}

function placeOf({ role, target }: AnsweredRequest): string {
  return `${role} ${readTarget(target).name}`;
}

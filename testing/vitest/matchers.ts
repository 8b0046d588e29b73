import { expect } from 'vitest';
import { isObject } from '../../declaration/is-object.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../postgres/sqlstate.ts';
import type { ApiClient } from '../client.ts';
import { attempt, checkClient, type Attempt, type Values } from './attempt.ts';

/** Matchers for a client's access. */
export interface AccessMatchers {
  /**
   * A client reaches rows with a `select`; with `not`, none. Nothing is changed by any of these: each asks Postgres as a
   * request would, and is rolled back. What fails for another reason than access, such as a missing column, is an error.
   *
   * @example
   * await expect(ann).mayRead('todos', { id: 1 });
   * await expect(ann).not.mayRead('todos', { user_id: 2 });
   */
  mayRead(relation: string, where?: Values): Promise<void>;
  /**
   * A client may insert a row.
   *
   * @example
   * await expect(ann).mayInsert('todos', { title: 'buy milk' });
   */
  mayInsert(relation: string, row: Values): Promise<void>;
  /**
   * A client may change rows; with `not`, none of them.
   *
   * @example
   * await expect(bob).not.mayUpdate('todos', { done: true }, { id: 1 });
   */
  mayUpdate(relation: string, changes: Values, where?: Values): Promise<void>;
  /**
   * A client may delete rows; with `not`, none of them.
   *
   * @example
   * await expect(ann).mayDelete('todos', { id: 1 });
   */
  mayDelete(relation: string, where?: Values): Promise<void>;
  /**
   * A client is answered exactly these rows, in any order, by the API itself.
   *
   * @example
   * await expect(ann).toSeeRows('/todos?select=title', [{ title: 'buy milk' }]);
   */
  toSeeRows(path: string, rows: readonly unknown[]): Promise<void>;
  /**
   * An answer, or the promise of one, is an error with this code of Postgres or PostgREST, or with this HTTP status.
   *
   * @example
   * await expect(ann.fetch('/todos?select=user_id')).toBeRejectedWith('42501');
   */
  toBeRejectedWith(code: string | number): Promise<void>;
}

declare module 'vitest' {
  // As vitest itself declares it.
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/no-unused-vars, @typescript-eslint/no-explicit-any
  interface Matchers<T = any> extends AccessMatchers {}
}

/** Codes of rejected requests: also by a policy's check, by the pre-request check (`PT401`), and without a token (`PGRST302`). */
const REFUSALS = [INSUFFICIENT_PRIVILEGE, 'PT401', 'PGRST302'];

/** Unauthorized and Forbidden (RFC 9110, 15.5). */
const DENIED = [401, 403];

async function may(client: ApiClient, wanted: Attempt) {
  const result = await attempt(client, wanted);
  const { role, claims } = client;
  const what = `${role} ${JSON.stringify(claims)}: ${wanted.command} on ${wanted.relation}`;
  if ('rows' in result) {
    const rows = `${result.rows} ${result.rows === 1 ? 'row' : 'rows'}`;
    return { pass: result.rows > 0, message: () => `${what} reaches ${rows}` };
  }
  const reason = `${result.message} (${result.code})`;
  if (!REFUSALS.includes(result.code)) throw new Error(`${what} could not be tried: ${reason}`);
  return { pass: false, message: () => `${what} is refused: ${reason}` };
}

expect.extend({
  mayRead: (client: ApiClient, relation: string, where: Values = {}) =>
    may(client, { command: 'select', relation, where }),
  mayInsert: (client: ApiClient, relation: string, values: Values) =>
    may(client, { command: 'insert', relation, values }),
  mayUpdate: (client: ApiClient, relation: string, values: Values, where: Values = {}) =>
    may(client, { command: 'update', relation, values, where }),
  mayDelete: (client: ApiClient, relation: string, where: Values = {}) =>
    may(client, { command: 'delete', relation, where }),

  async toSeeRows(client: ApiClient, path: string, rows: readonly unknown[]) {
    checkClient(client);
    const response = await client.fetch(path);
    const answer: unknown = await response.json();
    // Otherwise a misspelt path would pass with `not`.
    if (!response.ok && !DENIED.includes(response.status)) {
      const reason = `${response.status} ${JSON.stringify(answer)}`;
      throw new Error(`GET ${path} as ${client.role} could not be tried: ${reason}`);
    }
    const pass = response.ok && Array.isArray(answer) && this.equals(inAnyOrder(answer), inAnyOrder(rows));
    return {
      pass,
      message: () => `GET ${path} as ${client.role} was answered ${response.status}`,
      actual: answer,
      expected: rows,
    };
  },

  async toBeRejectedWith(received: unknown, expected: string | number) {
    const { status, code, text } = await rejection(await received);
    return {
      pass: typeof expected === 'number' ? status === expected && status >= 400 : code === expected,
      message: () => `the answer was ${status} ${text}`,
      actual: typeof expected === 'number' ? status : code,
      expected,
    };
  },
});

/** Rows as texts, whatever the order of rows and columns was. */
function inAnyOrder(rows: readonly unknown[]): string[] {
  const sorted = (_: string, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
  return rows.map((row) => JSON.stringify(row, sorted)).sort();
}

/** Status, code and text of a `Response`, or of an answer of postgrest-js. */
async function rejection(answer: unknown): Promise<{ status: number; code: string | undefined; text: string }> {
  if (answer instanceof Response) {
    const text = await answer.clone().text();
    return { status: answer.status, code: answer.ok ? undefined : codeOf(text), text };
  }
  const { status, error } = answer as { status: number; error: { code: string } | null };
  return { status, code: error?.code, text: JSON.stringify(error) };
}

function codeOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { code?: string }).code;
  } catch {
    return undefined;
  }
}

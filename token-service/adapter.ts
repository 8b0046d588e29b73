import { createHash } from 'node:crypto';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { statementsOf } from '../postgres/statements.ts';
import type { BrowserStore } from './browser-store.ts';
import type { Database, Prepared } from './database.ts';

const statement = statementsOf('token-service/tokens');

const STATEMENTS = [
  'upsert',
  'find',
  'find_by_uid',
  'find_by_user_code',
  'consume',
  'destroy',
  'revoke_by_grant',
] as const;

export interface TokenStoreOptions {
  readonly database: Database;
  readonly schema: string;
  /** How long a refresh token may be used again, in seconds. */
  readonly graceSeconds: number;
}

/**
 * Makes the store of oidc-provider's models: one table, which has only hashes of the credentials that admit a user. The browser
 * keeps what comes before a sign-in instead, and a sign-in is known only in the browser that began it.
 */
export function tokenStore(
  { database, schema, graceSeconds }: TokenStoreOptions,
  browser: BrowserStore,
): (model: string) => Adapter {
  const statements = Object.fromEntries(
    STATEMENTS.map((name) => [name, { name, text: statement(name, { schema }) }]),
  ) as Record<(typeof STATEMENTS)[number], Prepared>;

  return (model) => {
    const grace = model === 'RefreshToken' ? graceSeconds : 0;
    const find = async (name: 'find_by_uid' | 'find_by_user_code', kind: string, value: string) => {
      const { rows } = await database.query<{ payload: AdapterPayload }>(statements[name], [hash(kind, value)]);
      return rows[0]?.payload;
    };
    return {
      async upsert(id, payload, expiresIn) {
        if (holdsNul(payload)) throw new errors.InvalidRequest('a parameter holds a NUL character');
        if (isBeforeSignIn(model, payload))
          return browser.keep(`${model}:${id}`, withoutId(id, payload), expiresIn ?? Infinity);
        await database.query(statements.upsert, [
          hash(model, id),
          model,
          payload.grantId === undefined ? null : hash('grant', payload.grantId),
          payload.uid === undefined ? null : hash('uid', payload.uid),
          payload.userCode === undefined ? null : hash('user code', payload.userCode),
          withoutId(id, payload),
          expiresIn,
        ]);
      },
      async find(id) {
        const kept = isOfBrowser(model) ? browser.find<AdapterPayload>(`${model}:${id}`) : undefined;
        if (model === 'Interaction' && kept === undefined) return undefined;
        const { rows } = await database.query<{ payload: AdapterPayload; consumed: boolean }>(statements.find, [
          hash(model, id),
          grace,
        ]);
        if (rows[0] === undefined) return kept && withId(id, kept);
        return { ...withId(id, rows[0].payload), ...(rows[0].consumed && { consumed: true }) };
      },
      findByUid: (uid) => find('find_by_uid', 'uid', uid),
      findByUserCode: (userCode) => find('find_by_user_code', 'user code', userCode),
      async consume(id) {
        const { rowCount } = await database.query(statements.consume, [hash(model, id), grace]);
        // Another request was faster.
        if (rowCount === 0) throw new errors.InvalidGrant('already used');
      },
      async destroy(id) {
        if (isOfBrowser(model)) browser.forget(`${model}:${id}`);
        await database.query(statements.destroy, [hash(model, id)]);
      },
      async revokeByGrantId(grantId) {
        await database.query(statements.revoke_by_grant, [hash('grant', grantId)]);
      },
    };
  };
}

function isOfBrowser(model: string): boolean {
  return model === 'Interaction' || model === 'Session';
}

/** Tests if a model precedes the sign-in. A browser can request any number of these. */
function isBeforeSignIn(model: string, { result, accountId }: AdapterPayload): boolean {
  return model === 'Interaction' ? result?.login === undefined : model === 'Session' && accountId === undefined;
}

/** Stands for the id in the address to which an interaction returns. */
const ID = '(id)';

/** Stored part of a payload: without its id, and without the session's id that an interaction also holds. */
function withoutId(id: string, { session, returnTo, ...payload }: AdapterPayload): Readonly<Record<string, unknown>> {
  return {
    ...payload,
    jti: undefined,
    session: session && { ...session, cookie: undefined },
    returnTo: returnTo?.replace(id, ID),
  };
}

/** Postgres can hold none in a text. */
function holdsNul(payload: AdapterPayload): boolean {
  return JSON.stringify(payload).replaceAll('\\\\', '').includes('\\u0000');
}

function withId(id: string, payload: AdapterPayload): AdapterPayload {
  return {
    ...payload,
    jti: id,
    ...(payload.returnTo !== undefined && { returnTo: payload.returnTo.replace(ID, id) }),
  };
}

/** Ids have more than 120 random bits, so that a plain hash cannot be turned back. */
function hash(kind: string, id: string): Buffer {
  return createHash('sha256').update(`${kind}:${id}`).digest();
}

import { expect, it } from 'vitest';
import { withPresentClaims } from '../../../import/files/present-claims.ts';

it.each([
  [
    `current_setting('request.jwt.claim.sub', true)`,
    `(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')`,
  ],
  [
    `CURRENT_SETTING( 'request.jwt.claim.sub'::text )::uuid`,
    `(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')::uuid`,
  ],
  [
    `("current_setting"('request.jwt.claim.sub'::"text", true))::"uuid"`,
    `((nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub'))::"uuid"`,
  ],
  [
    `'select current_setting(''request.header.x-id'', true)'`,
    `'select (nullif(current_setting(''request.headers'', true), '''')::json ->> ''x-id'')'`,
  ],
  [
    `current_setting('request.cookie.' || name, true)`,
    `(nullif(current_setting('request.cookies', true), '')::json ->> name)`,
  ],
  [
    `current_setting('request.jwt.claim.' || $1, 't')`,
    `(nullif(current_setting('request.jwt.claims', true), '')::json ->> $1)`,
  ],
  [
    `pg_catalog.current_setting('request.jwt.claim.sub', true)`,
    `(nullif(current_setting('request.jwt.claims', true), '')::json ->> 'sub')`,
  ],
  [
    `select request.env_var('request.cookie.' || c);`,
    `select (nullif(current_setting('request.cookies', true), '')::json ->> c);`,
  ],
  [`set_config('request.jwt.claim.sub', 'x', true)`, `set_config('request.jwt.claim.sub', 'x', true)`],
  [`current_setting('request.jwt.claims', true)`, `current_setting('request.jwt.claims', true)`],
])('a read of a claim, %s, becomes %s', (old, present) => {
  expect(withPresentClaims(old)).toBe(present);
});

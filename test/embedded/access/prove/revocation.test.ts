import { expect, it } from 'vitest';
import { judgeRevocation } from '../../../../access/prove/revocation.ts';
import { declare } from '../../../../declaration/index.ts';
import { useMutatedExample } from '../../../support/prove/mutated-example.ts';

const declaration = declare({
  name: 'revoking',
  schemas: ['revoking_api'],
  roles: { users: ['revoking_user'] },
  migrations: [],
  tokens: { revocation: {} },
});
const mutated = useMutatedExample(declaration);
const verdict = (mutation: string) => mutated(mutation, ({ audited }) => judgeRevocation(declaration, audited));

it('proves that revoked subjects reach nothing where the database has the package’s own check', async () => {
  expect(await verdict('')).toEqual({ status: 'proven' });
});

it.each([
  [
    'another body',
    `CREATE OR REPLACE FUNCTION revoking_private.token_is_revoked() RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER
       SET search_path = pg_catalog, pg_temp AS 'SELECT false'`,
    'function revoking_private.token_is_revoked: its body is another one',
  ],
  [
    'the rights of who asks',
    'ALTER FUNCTION revoking_private.token_is_revoked SECURITY INVOKER',
    'function revoking_private.token_is_revoked: SECURITY DEFINER is missing',
  ],
  [
    'a role that may remove revocations',
    'GRANT DELETE ON revoking_private.revoked_tokens TO revoking_user',
    'table revoking_private.revoked_tokens: revoking_user may write it',
  ],
  [
    'a check that is gone',
    'DROP FUNCTION revoking_private.pre_request()',
    'function revoking_private.pre_request does not exist',
  ],
])('names what differs: %s', async (_, mutation, piece) => {
  expect(await verdict(mutation)).toEqual({ status: 'not modelled', pieces: [piece] });
});

import { expect, it, vi } from 'vitest';
import * as tokens from '../../../tokens/index.ts';

it('the path /jwt exports what /tokens does, and warns that it is the old name', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  expect({ ...(await import('../../../tokens/jwt.ts')) }).toEqual({ ...tokens });
  expect(warn.mock.calls).toEqual([
    [
      'cdktf-secured-postgrest/jwt is the old name of cdktf-secured-postgrest/tokens; the next version rejects it',
      { type: 'DeprecationWarning', code: 'old_name' },
    ],
  ]);
  warn.mockRestore();
});

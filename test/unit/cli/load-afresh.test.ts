import { expect, it, vi } from 'vitest';
import { loadAfresh } from '../../../cli/load-declaration.ts';
import { rejection } from '../../support/errors.ts';

vi.mock('tsx/esm/api', () => {
  throw new Error('not installed');
});

it('says how to get tsx where it is not installed', async () => {
  const error = await rejection(loadAfresh('examples/todos/declaration.ts', () => {}));
  expect(error.code).toBe('missing_package');
  expect(error.message).toContain('npm install --save-dev tsx');
});

import { expect, it } from 'vitest';
import { withRenewedFiles } from '../../../../cli/deploy/kubernetes/renewed-files.ts';
import { SecuredPostgrestError } from '../../../../errors/secured-postgrest-error.ts';
import { rejection } from '../../../support/errors.ts';
import { provideKubectl } from '../../../support/kubectl.ts';

const pod = (name: string, isReady = true) => ({
  metadata: { name },
  status: { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});
const provide = (...items: object[]) =>
  provideKubectl([
    ['annotate pods --selector app=todos --overwrite secured-postgrest/files=f1', ''],
    ['get pods', { items }],
  ]);
const options = { namespace: 'shop', selector: 'app=todos', files: 'f1', timeout: 0.3 };

it('asks each ready pod once', async () => {
  provide(pod('todos-1'), pod('todos-2', false), pod('todos-3'));
  const asked: string[] = [];
  await withRenewedFiles(options, (pods) => {
    asked.push(...pods);
    return Promise.resolve();
  });
  expect(asked).toEqual(['todos-1', 'todos-3']);
});

it('does not take it for done where no pod can be asked', async () => {
  provide(pod('todos-1', false));
  const { code, problem } = await rejection(withRenewedFiles(options, () => Promise.resolve()));
  expect([code, problem]).toEqual(['server_not_ready', 'after 0.3 s none is ready']);
});

it('asks the others where a pod has gone meanwhile, and fails for a pod that is there', async () => {
  const fails = () =>
    Promise.reject(new SecuredPostgrestError('keys_not_used', { place: 'p', problem: 'p', fix: 'f' }));
  provide(pod('todos-1'));
  expect((await rejection(withRenewedFiles(options, fails))).code).toBe('keys_not_used');
  const asked: string[] = [];
  await withRenewedFiles(options, async (pods) => {
    asked.push(...pods);
    if (asked.length > 1) return;
    provide(pod('todos-2'));
    await fails();
  });
  expect(asked).toEqual(['todos-1', 'todos-2']);
});

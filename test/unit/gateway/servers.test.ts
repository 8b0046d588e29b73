import { expect, it } from 'vitest';
import { leavingServers, newServers } from '../../../gateway/index.ts';

const RUNNING = 'api todos-api-1-0a:3000 todos-api-2-0a:3000 opener todos-token-opener-0a:8070';
const WANTED = 'api todos-api-1-0b:3000 todos-api-2-0a:3000 opener todos-token-opener-0b:8070';

it('servers that are in the new configuration no more stay for a moment, each in its upstream', () => {
  expect([...leavingServers(RUNNING, WANTED)]).toEqual([
    ['api', 'server todos-api-1-0a:3000 resolve max_fails=1 fail_timeout=2s;\n'],
    ['opener', 'server todos-token-opener-0a:8070 resolve max_fails=1 fail_timeout=2s;\n'],
  ]);
  expect([...leavingServers(RUNNING, RUNNING)]).toEqual([]);
});

it('servers that are in none of the upstreams before are the ones that have to answer', () => {
  expect(newServers(WANTED, RUNNING)).toEqual([
    ['api', 'todos-api-1-0b:3000'],
    ['opener', 'todos-token-opener-0b:8070'],
  ]);
  expect(newServers('api [::1]:3000', 'opener [::1]:3000')).toEqual([['api', '[::1]:3000']]);
  expect(newServers('', RUNNING)).toEqual([]);
});

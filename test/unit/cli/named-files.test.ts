import { expect, it } from 'vitest';
import { run } from '../../support/run-cli.ts';

const uri = 'postgresql://ann@127.0.0.1:1/none';

it.each([
  [['access', 'diff', 'HEAD:examples', 'HEAD:examples'], 'HEAD:examples: it is a directory; name the file in it'],
  [['access', 'diff', 'HEAD:package.json', 'HEAD:examples'], 'HEAD:package.json: unknown member "'],
  [['audit', uri, '--accepted', '.'], '.: it is a directory; name a file in it [invalid_accepted]'],
  [['audit', 'declaratoin.ts'], 'declaratoin.ts: there is no file /'],
  [['diff', 'package.json'], 'package.json: unknown member "'],
  [['plan-sql', 'postgresql://ann:secret@localhost/x'], 'declaration: a URI is no file; name the file'],
  [
    ['token', 'mint', 'postgresql://ann:secret@localhost/x', '--role', 'a'],
    'declaration: a URI is no file; name the file',
  ],
])('%j names the file that is wrong', async (args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('secret@');
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, SignJWT, type JWK } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import declaration from '../../../examples/todos/declaration.ts';
import { generateKey, publicKeySet, readKeys, writeKey } from '../../../tokens/index.ts';
import { since16 } from '../../support/embedded-postgrest.ts';
import { codeBlocks } from '../../support/docs/markdown.ts';
import { runShell } from '../../support/docs/run-shell.ts';

let directory: string;
let keys: string;
let environment: EphemeralPostgrest;

/** As after a deploy: a key in `.secrets`, the public half of it with the server, and no row. */
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'readme-'));
  keys = join(directory, '.secrets/todos/keys');
  writeKey(keys, await generateKey());
  const jwks = publicKeySet(readKeys(keys));
  environment = await startEphemeralPostgrest({ ...declaration, keys: { jwks } });
});
afterAll(async () => {
  await environment.stop();
  rmSync(directory, { recursive: true });
});

/** A page's blocks of requests, each with the answer that is shown below it. */
function requests(page: string) {
  const blocks = codeBlocks(page);
  return blocks.flatMap((block, index) => {
    const answer = blocks[index + 1];
    return block.text.includes('curl ') && answer?.language === 'json' ? [{ ...block, answer: answer.text }] : [];
  });
}

it.each([
  ['README.md', 1],
  ['docs/deploying.md', 3],
])('the requests of %s have the answers that it shows', async (page, count) => {
  expect(requests(page)).toHaveLength(count);
  await using empty = await environment.clone();
  for (const { place, text, answer } of requests(page)) {
    const output = await runShell(text.replaceAll('http://127.0.0.1:3000', empty.url), directory);
    // Before 16, errors have details and hints too.
    expect(JSON.parse(output), place).toMatchObject(JSON.parse(answer) as object);
  }
});

it('a token without exp has the answer that docs/keys-and-tokens.md shows', async () => {
  const [key] = readKeys(keys);
  const token = await new SignJWT({ role: 'todos_user', user_id: 1 })
    .setProtectedHeader({ alg: 'ES256', kid: key!.kid })
    .sign(await importJWK(key as JWK, 'ES256'));
  const answer = await fetch(`${environment.url}/todos`, { headers: { Authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(401);
  const [shown] = codeBlocks('docs/keys-and-tokens.md').filter(({ language }) => language === 'json');
  const { code, message, ...reasons } = JSON.parse(shown!.text) as Record<string, unknown>;
  expect(await answer.json()).toEqual({ code, message, ...since16(reasons, {}) });
});

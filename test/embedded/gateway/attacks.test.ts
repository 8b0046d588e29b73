import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkVersion } from '../../../declaration/releases/versions.ts';
import { limitsFor } from '../../../gateway/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { namedPostgrest, postgrestBinary } from '../../../testing/servers/postgrest-binary.ts';
import { tableUnder } from '../../support/docs/markdown.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { postgrestPrograms } from '../../support/postgrest-programs.ts';
import { limitSessions, processorTime, serverProcesses } from '../../support/server-processes.ts';
import { send, type Shape, strained } from '../../support/strain.ts';

/** Default `sessionMegabytes` of a deployed database. */
const SESSION_MEGABYTES = 128;
/** Default `limits.urlBytes`. */
const URL_BYTES = 2048;
const MAX_SECONDS = 1;
const AT_ONCE = 3;
/** Other work on the machine makes a computation cost more, and nothing makes it cost less: the cheapest try counts. */
const TRIES = 4;
/** On a busy machine, a second of CPU takes many of them. */
const PATIENCE_MS = 60_000;
const PAGE = 'docs/gateway-attacks.md';

/** A text with as many parts as fit into a length. */
function filled(head: string, part: (index: number) => string, separator = ',', length = URL_BYTES): string {
  const parts = [head + part(0)];
  for (let n = 1, rest = length - parts[0]!.length; ; n++) {
    rest -= separator.length + part(n).length;
    if (rest < 0) return parts.join(separator);
    parts.push(part(n));
  }
}
const names = (kilobytes: number) => `${filled('{', (n) => `"a${n}":1`, ',', kilobytes * 1024 - 1)}}`;

interface Attack extends Shape {
  /** The answer; of each version, where they differ. */
  readonly answer: string | Readonly<Record<12 | 14 | 16, string>>;
}

/** Made once: this process is busy with the others' requests, too. */
const LARGE = JSON.stringify([{ id: 1, title: 'x'.repeat(120e6) }]);

/** The attacks as long as the default limits let them pass, and as they were before there were limits. */
const ATTACKS: readonly Attack[] = [
  {
    name: '200 rows of 5 KB, 2 KB of `select=a0:title,…`',
    path: filled('/items?select=', (n) => `a${n}:title`),
    answer: '503',
  },
  {
    name: '200 rows of 5 KB, 2 KB of `select=title,title,…`',
    path: filled('/items?select=', () => 'title'),
    answer: '503',
  },
  { name: '200 rows of 5 KB, 15 times each', path: `/items?select=${Array(15).fill('title').join()}`, answer: '200' },
  {
    name: 'a number of 131,072 digits, 2 KB of casts',
    path: filled('/numbers?select=', () => 'title::numeric'),
    answer: '200',
  },
  {
    name: 'the same, 1,600 casts',
    path: `/numbers?select=${Array(1600).fill('title::numeric').join()}`,
    answer: '414',
  },
  { name: '1,000 rows, an address of 2 KB', path: filled('/lines?select=', () => 'title'), answer: '200' },
  { name: '1,000 rows, an address of 8.7 KB', path: filled('/lines?select=', () => 'title', ',', 8700), answer: '414' },
  {
    name: 'a body of 120 MB',
    path: '/bulk',
    body: () => LARGE,
    answer: '413',
  },
  {
    name: 'one row of 1 MB',
    path: '/bulk',
    body: () => JSON.stringify([{ id: 1, title: 'x'.repeat(1e6) }]),
    answer: '201',
  },
  {
    name: '1 MB of small rows',
    path: '/bulk',
    body: () => `${filled('[', (n) => `{"id":${n},"title":"x"}`, ',', 1e6)}]`,
    answer: '201',
  },
  { name: '1 MB of brackets', path: '/bulk', body: () => '['.repeat(1e6), answer: '400' },
  { name: '1 MB of names, for an insert', path: '/bulk', body: () => names(1000), answer: '400' },
  { name: '`/rpc/f?a0=1&a1=1…`, 15 KB', path: filled('/rpc/f?', (n) => `a${n}=1`, '&', 15_000), answer: '414' },
  { name: '`/rpc/f?a0=1&a1=1…`, 2 KB', path: filled('/rpc/f?', (n) => `a${n}=1`, '&'), answer: '404' },
  { name: 'a function name of 20 KB', path: `/rpc/${'f'.repeat(20_000)}`, answer: '414' },
  { name: 'a function name of 2 KB', path: '/rpc/'.padEnd(URL_BYTES, 'f'), answer: '404' },
  { name: 'an embedded name of 8 KB', path: `/items?select=${'n'.repeat(8000)}(*)`, answer: '414' },
  { name: 'an embedded name of 2 KB', path: `${'/items?select='.padEnd(URL_BYTES - 3, 'n')}(*)`, answer: '400' },
  { name: '`or=(or(or(…`, 32 KB', path: `/items?or=${'(or'.repeat(8000)}(id.eq.1)${')'.repeat(8000)}`, answer: '414' },
  { name: '`or=(or(or(…`, 2 KB', path: `/items?or=${'(or'.repeat(500)}(id.eq.1)${')'.repeat(500)}`, answer: '200' },
  { name: 'a call with 2 KB of names in its body', path: '/rpc/f', body: () => names(2), answer: '404' },
  {
    name: 'a call with 1 MB of names in its body',
    path: '/rpc/f',
    body: () => names(1000),
    answer: { 12: '413', 14: '413', 16: '404' },
  },
  {
    name: 'a call with one name of 126 KB in its body',
    path: '/rpc/f',
    body: () => `{"${'n'.repeat(126 * 1024)}":1}`,
    answer: { 12: '413', 14: '404', 16: '404' },
  },
  {
    name: 'a call with one name of 2 KB in its body',
    path: '/rpc/f',
    body: () => `{"${'n'.repeat(2040)}":1}`,
    answer: '404',
  },
];

interface Program {
  readonly name: string;
  readonly path?: string;
}
const programs: readonly Program[] = [{ name: "npm's" }, ...postgrestPrograms()];
const isAbsent = ({ path }: Program) =>
  path !== undefined && !existsSync(path) && process.env['REQUIRE_DEPLOY_TESTS'] !== '1';

it(`${PAGE} lists the attacks with their answers`, () => {
  const written = tableUnder(PAGE, 'Expensive requests').map(([name, answer]) => [name, answer]);
  const text = (answer: Attack['answer']) => (typeof answer === 'string' ? answer : Object.values(answer).join(', '));
  expect(written).toEqual(ATTACKS.map(({ name, answer }) => [name, text(answer)]));
});

describe.skipIf(skipNginx).each(programs.filter((program) => !isAbsent(program)))(
  'attacks through a gateway with its default limits: PostgREST $name',
  ({ path }) => {
    let api: EphemeralPostgrest;
    let gateway: Nginx;
    let token: string;
    let version: string;

    beforeAll(async () => {
      ({ version } = await postgrestBinary(undefined, namedPostgrest(path)));
      api = await startEphemeralPostgrest(strained(), { postgrestBinary: path });
      limitSessions(SESSION_MEGABYTES);
      const limits = limitsFor(checkVersion(version, 'version'));
      gateway = await startNginx(api.url, { input: { limits, timeouts: { answerSeconds: PATIENCE_MS / 1000 } } });
      token = await api.tokenFor('strain_user');
    });

    afterAll(async () => {
      await gateway?.stop();
      await api?.stop();
    });

    /** The answers of somebody else's requests meanwhile. */
    async function others(work: Promise<unknown>): Promise<string[]> {
      const answers = new Set<string>();
      let done = false;
      const finished = work.finally(() => (done = true));
      do {
        answers.add(await send(gateway.url, { name: 'plain', path: '/lines?id=eq.7' }));
        await delay(20);
      } while (!done);
      await finished;
      return [...answers];
    }

    /** CPU seconds of each server for some attacks at a time, of which each must get the answer, and others must get theirs. */
    async function costOf(attack: Attack, count: number, expected: string) {
      const earlier = serverProcesses();
      const work = Promise.all(Array.from({ length: count }, () => send(gateway.url, attack, token, PATIENCE_MS)));
      expect(await others(work)).toEqual(['200']);
      const cost = processorTime(earlier);
      // nginx may close a connection before a client has sent all of its body.
      const answers = new Set(
        (await work).map((answer) => (answer === 'closed' && expected === '413' ? '413' : answer)),
      );
      expect([...answers]).toEqual([expected]);
      return cost;
    }

    it.each(ATTACKS)('cost less than a second of CPU each, and nobody else a request: $name', async (attack) => {
      const { answer } = attack;
      const expected = typeof answer === 'string' ? answer : answer[Number.parseInt(version, 10) as 12 | 14 | 16];
      // What no server sees costs the same each time.
      const count = expected.startsWith('41') ? 1 : AT_ONCE;
      let postgrest = Infinity;
      let postgres = Infinity;
      // Each has a session of its own.
      for (let n = 0; n < TRIES && (postgrest >= count * MAX_SECONDS || postgres >= MAX_SECONDS); n++) {
        const cost = await costOf(attack, count, expected);
        postgrest = Math.min(postgrest, cost.postgrest);
        postgres = Math.min(postgres, cost.postgres);
      }
      const each = [postgrest / count, postgres].map((seconds) => seconds.toFixed(2));
      console.info(`PostgREST ${version}: ${attack.name}: ${each.join(' and ')} s`);
      expect(postgrest).toBeLessThan(count * MAX_SECONDS);
      expect(postgres).toBeLessThan(MAX_SECONDS);
    });
  },
);

import { loadModule } from 'libpg-query';
import pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { randomFrom } from '../../../access/check/random.ts';
import { declare } from '../../../declaration/index.ts';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { FULL_TESTS, FUZZ_SEED } from '../../support/fuzz.ts';
import { differenceOf } from '../../support/access/compare.ts';
import { randomDeclaration } from '../../support/access/random-declaration.ts';
import { sendRequest } from '../../support/access/request-http.ts';
import { fillForGood, requestsOnRows, subjectOf } from '../../support/access/trial.ts';

beforeAll(() => loadModule());

const SCHEMAS = FULL_TESTS ? 12 : 3;
const REQUESTS = 60;

it(
  'answers random requests through PostgREST as an independent model of the declaration does',
  { timeout: 600_000 },
  async () => {
    let compared = 0;
    for (let seed = FUZZ_SEED; seed < FUZZ_SEED + SCHEMAS; seed++) {
      const random = randomFrom(seed);
      // Each request is undone.
      const input = { ...randomDeclaration(random, `h${seed}`), server: { settings: { 'db-tx-end': 'rollback' } } };
      await using api = await startEphemeralPostgrest(declare(input));
      const client = new pg.Client(api.databaseUrl);
      await client.connect();
      try {
        const subject = await subjectOf(client, input);
        await fillForGood(client, subject, random);
        const { requests, expected } = await requestsOnRows(client, subject, random, REQUESTS);
        for (const [at, request] of requests.entries()) {
          const { role, claims } = request.sender;
          // The environment signs tokens that PostgREST reads: their times are those of a signer, and a subject is a text.
          const unsigned =
            claims &&
            (claims['exp'] === undefined || (claims['sub'] !== undefined && typeof claims['sub'] !== 'string'));
          if (unsigned || !expected[at]) continue;
          const token = claims && (await api.tokenFor(role, claims));
          const answer = await sendRequest(api.url, subject.shape, request, token);
          const difference = differenceOf(expected[at], answer);
          expect(difference && `seed ${seed}: ${difference} ${JSON.stringify(request)}`).toBeUndefined();
          compared += 1;
        }
      } finally {
        await client.end();
      }
    }
    console.log(`${compared} random requests through PostgREST compared`);
    expect(compared).toBeGreaterThan(SCHEMAS * REQUESTS * 0.5);
  },
);

import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { applyDeclaration } from '../../../apply/index.ts';
import { createRoles } from '../../../apply/create-roles.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { Onlooker, type Sight } from '../../support/commits/look.ts';
import { overlook } from '../../support/commits/overlooked.ts';
import { corrected, DATA, sequences, type Sequence } from '../../support/commits/sequences.ts';
import { revokeOne, shop } from '../../support/commits/tenants.ts';
import { useCluster } from '../../support/database.ts';
import { FULL_TESTS, FUZZ_SEED } from '../../support/fuzz.ts';

const cluster = useCluster();
/** Cases at a time. */
const LANES = 3;
const [PARTS, CASES] = FULL_TESTS ? [[1, 2, 3, 4, 5], 100] : [[1], 20];

let copy: Awaited<ReturnType<typeof databases>>;
let known: Sight;

beforeAll(async () => {
  copy = await databases();
  const before = await copy('before', (onlooker) => onlooker.look());
  // With the data that migrations may bring.
  const ofNewData = await copy('new_data', async (onlooker) => {
    await onlooker.sql(`SET search_path = api; ${DATA.join(';\n')}`);
    return onlooker.look();
  });
  expect(before.size).toBeGreaterThan(40);
  known = new Set([...before, ...ofNewData]);
});

it.each(PARTS)(
  'no commit of a sequence of migrations shows more than before or declared, part %i',
  async (part) => {
    const seed = FUZZ_SEED + part;
    const cases = fc.sample(sequences, { numRuns: CASES, seed });
    const counts = { commits: 0, failed: 0, deployed: 0, more: 0 };
    let next = 0;
    const lane = async () => {
      for (let n = next++; n < cases.length; n = next++) {
        const opened = await copy(`case_${n}`, (onlooker, database) => run(cases[n]!, onlooker, database));
        expect(opened, `FUZZ_SEED=${FUZZ_SEED}, case ${n}: ${JSON.stringify(cases[n], undefined, 2)}`).toEqual([]);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    // The cases are of all kinds, and have something to show.
    expect(
      Math.min(counts.commits / 2, counts.failed, counts.deployed, counts.more),
      JSON.stringify(counts),
    ).toBeGreaterThan(CASES / 10);

    /** What was seen in between that is neither of before nor declared. */
    async function run({ migrations, variant, interruptions }: Sequence, onlooker: Onlooker, name: string) {
      const connection = cluster.server().connection(name);
      const seen = [];
      for (const interruption of interruptions) {
        const { error, sights } = await overlook(connection, shop(migrations, variant), onlooker, interruption);
        seen.push(...sights);
        if (!error) break;
        counts.failed += 1;
      }
      // The file that failed is corrected, and so is the data.
      await onlooker.sql(`SET search_path = api; UPDATE items SET grp = id`).catch(() => undefined);
      const last = await overlook(connection, shop(corrected(migrations), variant), onlooker);
      const declared: Sight = last.error ? new Set() : await onlooker.look();
      if (!last.error) counts.deployed += 1;
      if ([...declared].some((entry) => !known.has(entry))) counts.more += 1;
      seen.push(...last.sights);
      counts.commits += seen.length;
      return seen
        .map(({ behind, sight }) => ({
          behind,
          more: [...sight].filter(
            (entry) => !known.has(entry) && !declared.has(entry) && !(variant !== 'narrower' && isNewColumn(entry)),
          ),
        }))
        .filter(({ more }) => more.length > 0);
    }
  },
  600_000,
);

/** A row of before or now, with the column that a migration adds to a table of which each column is declared. */
const isNewColumn = (entry: string) => / sees 2\d #pin$/.test(entry);

/** Copies of one database that is deployed, each for as long as something is done with it. */
async function databases() {
  const server = cluster.server();
  await server.createDatabase('template');
  const template = server.connection('template');
  await withClient(template, (client) => createRoles(client, shop(), { authenticator: 'not used' }));
  await withClient(template, (client) => client.query('GRANT CREATE, TEMPORARY ON DATABASE template TO shop_owner'));
  await applyDeclaration(template, shop());
  await withClient(template, (client) => client.query(revokeOne));
  const root = server.connection('postgres');
  return async <T>(name: string, use: (onlooker: Onlooker, database: string) => Promise<T>): Promise<T> => {
    await withClient(root, async (client) => {
      await client.query(`CREATE DATABASE ${name} TEMPLATE template STRATEGY file_copy`);
      // The grants on a database are not copied.
      await client.query(`GRANT CREATE, TEMPORARY ON DATABASE ${name} TO shop_owner`);
    });
    const onlooker = await Onlooker.of(server.connection(name));
    try {
      return await use(onlooker, name);
    } finally {
      await onlooker.end();
      await withClient(root, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`));
    }
  };
}

import { applyDeclaration, createRoles } from '../apply/index.ts';
import type { LocalConnection } from '../testing/servers/postgres-server.ts';
import { withClient } from '../postgres/with-client.ts';
import { publicKeySet, signToken } from '../tokens/index.ts';
import { ITEMS_OF_USER, ItemServers } from './item-servers.ts';
import { behindProvider, fillRevoked, itemsDeclaration, PROVIDER, revokingDeclaration, ROWS_OF_USER } from './items.ts';
import type { Load } from './load.ts';
import { createEmptyCheck, EMPTY_CHECK, preRequestCost } from './pre-request.ts';
import type { Figures, Outcome, Target } from './report.ts';
import { loadsInRounds } from './run-load.ts';
import { summarize } from './statistics.ts';

/** Share of the requests per second that policies and check together leave. */
const LEAST_THROUGHPUT = 0.95;

/** A way to serve the same rows. */
interface Variant {
  readonly name: string;
  readonly policies: boolean;
  readonly urls: readonly string[];
}

/** Requests a second and latency through PostgREST with policies, against the same tables and rows without. */
export async function benchRequests(figures: Figures): Promise<Outcome> {
  await using items = await ItemServers.start();
  const { connection, key, token } = items;
  const env = items.settingsFor(itemsDeclaration);
  const withoutPreRequest = Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'PGRST_DB_PRE_REQUEST'));
  const [checked1, checked2] = [await items.serve(env), await items.serve(env)];
  const [plain1, plain2] = [await items.serve(withoutPreRequest), await items.serve(withoutPreRequest)];
  const own = ITEMS_OF_USER;
  const filtered = `${own}&user_id=eq.7`;
  const variants: Variant[] = [
    { name: '1 server: no policies, no pre-request', policies: false, urls: [plain1 + filtered] },
    { name: '1 server: policies, no pre-request', policies: true, urls: [plain1 + own] },
    { name: '1 server: policies and pre-request', policies: true, urls: [checked1 + own] },
    { name: '2 servers: no policies, no pre-request', policies: false, urls: [plain1 + filtered, plain2 + filtered] },
    { name: '2 servers: policies and pre-request', policies: true, urls: [checked1 + own, checked2 + own] },
  ];
  await compare(figures, connection, variants, token);
  await createEmptyCheck(connection);
  // Both are new: a server that has had load serves from more connections.
  const empty = { url: (await items.serve({ ...env, PGRST_DB_PRE_REQUEST: EMPTY_CHECK })) + own, token };
  const checked = { url: (await items.serve(env)) + own, token };
  const cost = (what?: string) => preRequestCost(figures, { empty, checked }, what);
  const targets = [throughput(figures, '1 server'), await cost()];
  await applyDeclaration(connection, revokingDeclaration);
  await createEmptyCheck(connection);
  targets.push(await cost('pre-request with revocation'));
  await withClient(connection, async (client) => {
    // Each by itself: VACUUM wants no transaction.
    for (const sql of fillRevoked.split(';')) await client.query(sql);
  });
  targets.push(await cost('pre-request with 1,000,000 revoked tokens'));

  const mapped = behindProvider(publicKeySet([key]));
  await withClient(connection, (client) => createRoles(client, mapped, { authenticator: items.password }));
  await applyDeclaration(connection, mapped);
  await createEmptyCheck(connection);
  const mappedUrl = await items.serve(items.settingsFor(mapped));
  const said = { issuer: PROVIDER, audience: 'bench', claims: { access: { roles: ['member'] }, user_id: 7 } };
  // Both servers verify the same token: a longer one takes PostgREST itself longer.
  const longer = await signToken(key, { role: 'bench_user', ...said });
  const asked = { empty: { ...empty, token: longer }, checked: { url: mappedUrl + own, token: longer } };
  targets.push(await preRequestCost(figures, asked, 'pre-request with revocation and roles mapped'));
  return { targets };
}

/** Requests per second without policies and pre-request, by those with both. */
function throughput(figures: Figures, servers: string): Target {
  const rate = (variant: string) => figures.of(`${servers}: ${variant}`).median;
  return {
    name: `${servers}: requests/s without policies and pre-request against with both`,
    value: rate('no policies, no pre-request') / rate('policies and pre-request'),
    limit: 1 / LEAST_THROUGHPUT,
    unit: 'x',
  };
}

async function compare(
  figures: Figures,
  connection: LocalConnection,
  variants: readonly Variant[],
  token: string,
): Promise<void> {
  const loads = await loadsInRounds(variants, token, async ({ policies, urls }) => {
    await setRowSecurity(connection, policies);
    for (const url of urls) await checkAnswer(url, token);
  });
  for (const [{ name }, measured] of loads) {
    const against = `${name.split(':')[0]}: no policies, no pre-request`;
    const add = (suffix: string, unit: 'requests/s' | 'ms', pick: (load: Load) => number) =>
      figures.add(`${name}${suffix}`, summarize(measured.map(pick)), {
        unit,
        ...(`${against}${suffix}` !== `${name}${suffix}` && { against: `${against}${suffix}` }),
      });
    add('', 'requests/s', ({ requestsPerSecond }) => requestsPerSecond);
    add(', p50', 'ms', ({ p50 }) => p50);
    add(', p99', 'ms', ({ p99 }) => p99);
  }
}

async function setRowSecurity(connection: LocalConnection, on: boolean): Promise<void> {
  const [enable, force] = on ? ['ENABLE', 'FORCE'] : ['DISABLE', 'NO FORCE'];
  await withClient(connection, (client) =>
    client.query(`ALTER TABLE api.items ${enable} ROW LEVEL SECURITY, ${force} ROW LEVEL SECURITY`),
  );
}

/** All variants have to answer with the same rows. */
async function checkAnswer(url: string, token: string): Promise<void> {
  const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } });
  const rows = (await response.json()) as unknown[];
  if (rows.length !== ROWS_OF_USER) throw new Error(`${url} answered ${response.status} with ${rows.length} rows`);
}

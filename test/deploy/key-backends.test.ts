import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { allRows, declare } from '../../declaration/index.ts';
import { deployedPlaces } from '../support/deployed-places.ts';
import { changes, Deployment, engineObjects, runningServers, touched } from '../support/deployment.ts';
import { failingDeploy } from '../support/failing-deploy.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { ask, pollDuring, type Probe } from '../support/poll.ts';
import { findSecrets, watchArguments } from '../support/secret-search.ts';
import { run } from '../support/run-cli.ts';

/** Stands in for the program of a vault: hands the document out, or takes another one. */
const VAULT = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const [step, safe] = process.argv.slice(2);
if (existsSync(safe + '.sealed')) {
  console.error(readFileSync(safe, 'utf8') + 'the vault is sealed');
  process.exit(3);
}
if (step === 'read') process.stdout.write(readFileSync(safe));
else writeFileSync(safe, readFileSync(0), { mode: 0o600 });
`;

const declaration = declare({
  name: 'ledger',
  schemas: ['api'],
  roles: { users: ['ledger_user'] },
  migrations: [
    { file: '001_entries.sql', sql: 'CREATE TABLE entries (id int PRIMARY KEY); INSERT INTO entries VALUES (1)' },
  ],
  tables: [
    {
      name: 'entries',
      grants: [{ to: 'ledger_user', select: true }],
      policies: [allRows({ to: 'ledger_user', for: 'select' })],
    },
  ],
});

interface Key {
  readonly kid: string;
  readonly state: string;
}

let ledger: Deployment;
let outside: string;
let safe: string;
/** Options of the command line. */
let place: string[];
const processes = watchArguments();
const places: Record<string, string | Buffer> = {};

beforeAll(async () => {
  outside = mkdtempSync(join(tmpdir(), 'vault-'));
  safe = join(outside, 'safe.json');
  const program = join(outside, 'vault.mjs');
  writeFileSync(program, VAULT);
  writeFileSync(safe, '{"keys":[],"versions":[]}', { mode: 0o600 });
  const command = (step: string) => JSON.stringify([process.execPath, program, step, safe]);
  place = ['--keys-command', command('read'), '--keys-write-command', command('write')];
  ledger = await Deployment.declaring(declaration, { KEYS_COMMAND: command('read') });
});

afterAll(async () => {
  processes.stop();
  await ledger.remove();
  rmSync(outside, { recursive: true });
});

/** Runs the command line, which has to succeed. */
async function command(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...words);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const keys = async (...words: string[]) => JSON.parse(await command('keys', ...words, ...place, '--json')) as Key[];
const mint = async (from = place) => (await command('token', 'mint', '--role', 'ledger_user', ...from)).trim();

const asUser = (token: string): Probe => ({ name: token, url: `${ledger.url}/entries?select=id&order=id`, token });
const seen = (token: string) => ask(asUser(token));
const GOOD = '200 [{"id":1}]';
const REFUSED = expect.stringMatching(/^401 .*JWSInvalidSignature/) as unknown;

/** A deploy of other keys: the servers run on, and the tokens are good all the time. */
async function deployKeys(tokens: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const before = runningServers('ledger');
  const deployed = FULL_TESTS ? ledger.deployWithCli(env) : ledger.deploy(env);
  const { result, answers } = await pollDuring(tokens.map(asUser), deployed);
  for (const token of tokens) expect([...answers.get(token)!.keys()]).toEqual([GOOD]);
  expect(runningServers('ledger')).toEqual(before);
  expect(touched(result)).toEqual(['docker_container.api_keys_volume_writer', 'terraform_data.api_server_ready']);
  return result.output;
}

/** A deploy that reads the keys from the environment instead of the vault. */
const fromEnvironment = async () => ({
  KEYS_COMMAND: undefined,
  KEYS_FROM_ENV: 'LEDGER_KEYS',
  LEDGER_KEYS: await command('keys', 'export', ...place),
});

it('an empty vault is told before anything is made', async () => {
  const run = await ledger.tryDeployWithCli();
  expect(run.status).not.toBe(0);
  expect(run.output).toContain(
    'there is no ES256 key in use; make one with: npx secured-postgrest keys generate --keys-command',
  );
  expect(run.output).toContain('[unreadable_key]');
  expect(touched(run)).toEqual([]);
  expect(engineObjects('container', 'ledger')).toEqual([]);
});

let first: string;
let second: string;

it('tokens of its key are good', async () => {
  await keys('generate');
  places['log of the first deploy'] = (await ledger.deployWithCli()).output;
  first = await mint();
  expect(await seen(first)).toBe(GOOD);
});

it('after a rotation the old and the new ones are', async () => {
  const [key, previous] = await keys('rotate');
  expect([key!.state, previous!.state]).toEqual(['in_use', 'previously_used']);
  second = await mint();
  expect(await seen(second)).toEqual(REFUSED);
  places['log of the rotation'] = await deployKeys([first]);
  expect([await seen(first), await seen(second)]).toEqual([GOOD, GOOD]);
});

it('a vault that does not open leaves the API as it was', async () => {
  writeFileSync(`${safe}.sealed`, '');
  const run = await failingDeploy(ledger, [asUser(first), asUser(second)]).finally(() => rmSync(`${safe}.sealed`));
  places['log with a sealed vault'] = run.output;
  expect(run.output).toMatch(/ read .*: it ended with status 3; run it yourself/);
  // It may have said more than that.
  expect(run.output).not.toContain('the vault is sealed');
  expect(run.output).toContain('[keys_command_failed]');
  expect(touched(run)).toEqual([]);
});

it('the same keys from the environment change nothing', async () => {
  const environment = await fromEnvironment();
  expect(changes(await ledger.deploy(environment))).toEqual({
    'ledger-database': 'no changes',
    'ledger-access': 'no changes',
    'ledger-api': 'no changes',
  });
  vi.stubEnv('LEDGER_KEYS', environment.LEDGER_KEYS);
  expect(await seen(await mint(['--keys-from-env', 'LEDGER_KEYS']))).toBe(GOOD);
  await expect(command('keys', 'rotate', '--keys-from-env', 'LEDGER_KEYS')).rejects.toThrow('[keys_read_only]');
  vi.unstubAllEnvs();
});

it('nor do tokens of a revoked key pass once that is deployed from there', async () => {
  const old = (await keys('list')).find(({ state }) => state === 'previously_used')!;
  await keys('revoke', '--kid', old.kid, '--force');
  places['log of the revocation'] = await deployKeys([second], { ...(await fromEnvironment()), TF_LOG: 'DEBUG' });
  expect(await seen(first)).toEqual(REFUSED);
});

it('no private key is anywhere but in the vault', async () => {
  const { keys } = JSON.parse(readFileSync(safe, 'utf8')) as { keys: { key: { kid: string; d: string } }[] };
  const secrets = Object.fromEntries(keys.map(({ key: { kid, d } }) => [kid, d]));
  expect(findSecrets(secrets, { vault: readFileSync(safe) })).toHaveLength(2);

  places['process arguments'] = processes.stop();
  Object.assign(places, await deployedPlaces(ledger));
  const names = Object.keys(places).join('\n');
  for (const part of [
    '.secrets/ledger/jwks.json',
    'terraform.ledger-api.tfstate',
    'cdk.tf.json',
    'docker inspect ledger-api-1',
  ])
    expect(names).toContain(part);
  // All of them would be printed otherwise.
  expect(String(places['process arguments']).includes('--keys-from-env LEDGER_KEYS')).toBe(true);
  expect(findSecrets(secrets, places)).toEqual([]);
});

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { clockResult } from '../../../cli/doctor/clocks.ts';
import { checkCluster } from '../../../cli/doctor/cluster.ts';
import { checkEngine } from '../../../cli/doctor/engine.ts';
import { resultLine, type CheckResult } from '../../../cli/doctor/check-result.ts';
import { missing, tagResults } from '../../../cli/doctor/images.ts';
import { checkNode, diskResult } from '../../../cli/doctor/machine.ts';
import { checkPorts } from '../../../cli/doctor/ports.ts';
import { checkSecrets } from '../../../cli/doctor/secrets.ts';
import { checkState } from '../../../cli/doctor/state.ts';
import { checkTerraform } from '../../../cli/doctor/terraform.ts';
import { checkTable, versionResults } from '../../../cli/doctor/versions.ts';
import { PERMISSIONS } from '../../../cli/deploy/kubernetes/permissions.ts';
import { SecretsDirectory } from '../../../constructs/index.ts';
import { RELEASE_TABLE } from '../../../declaration/releases/release-table.ts';
import { codeBlocks } from '../../support/docs/markdown.ts';
import { type Answers, provideKubectl } from '../../support/kubectl.ts';
import { run } from '../../support/run-cli.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'doctor-test-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const levels = (results: readonly CheckResult[]) => results.map(({ level }) => level);

describe('a port', () => {
  const wanted = (port: number) => [{ host: '127.0.0.1', port, container: 'todos-api-1', variable: 'API_PORT' }];

  it('that a program listens on is a problem that names the program, and is free after its end', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [taken] = await checkPorts(undefined, wanted(port));
    expect(taken!.level).toBe('problem');
    if (process.platform === 'linux') expect(taken!.message).toContain(`(process ${process.pid})`);
    expect(taken!.fix).toContain('API_PORT');
    await new Promise((resolve) => server.close(resolve));
    expect(levels(await checkPorts(undefined, wanted(port)))).toEqual(['ok']);
  });
});

describe('a cluster', () => {
  const version = (minor: string) => ({ serverVersion: { gitVersion: `v1.${minor}.4`, minor } });
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const good: Answers = [
    ['version', version('34')],
    ['get namespace shop', { metadata: { labels } }],
    ['auth can-i', 'yes'],
    ['get --raw /apis/metrics', '{}'],
  ];
  const lines = async (answers: Answers) => {
    provideKubectl(answers);
    return (await checkCluster({ namespace: 'shop' })).map(resultLine);
  };

  it('that has all is good', async () => {
    expect(await lines(good)).toEqual([
      'ok      cluster: Kubernetes v1.34.4',
      'ok      cluster: the cluster has metrics, by which pods are added',
    ]);
  });

  it.each<[string, Answers[number], string]>([
    [
      'does not answer',
      ['version', 'error: no route to host'],
      'problem cluster: the cluster does not answer (error: no route',
    ],
    ['is old', ['version', version('28+')], 'problem cluster: Kubernetes v1.28+.4 does not know sidecar containers'],
    [
      'takes any pods',
      ['get namespace', { metadata: {} }],
      'warning cluster: the namespace shop takes pods that are not restricted',
    ],
    ['does not let this user', ['can-i create secrets', 'no'], 'problem cluster: this user may not create secrets'],
    ['has no metrics', ['--raw', 'error: NotFound'], 'warning cluster: the cluster has no metrics'],
    [
      'does not let this user patch',
      ['can-i patch pods', 'no'],
      'problem cluster: this user may not patch pods; add to',
    ],
    [
      'does not say what it permits',
      ['can-i delete deployments.apps', 'error: unknown flag'],
      'problem cluster: whether this user may delete deployments is not known (error: unknown flag)',
    ],
  ])('that %s is told', async (_, answer, line) => {
    expect(await lines([answer, ...good])).toEqual(expect.arrayContaining([expect.stringContaining(line)]));
  });

  it('may lack the namespace', async () => {
    expect(await lines([['get namespace', 'error: namespaces "shop" NotFound'], ...good])).toHaveLength(2);
  });

  it('is asked for each verb of the Role that the page shows', () => {
    const manifest = codeBlocks('docs/kubernetes.md').find(({ language }) => language === 'yaml')!.text;
    const words = (list = '') => list.split(', ').map((word) => word.replaceAll("'", ''));
    const rule = /apiGroups: \[(.*)\]\n +resources: \[(.*)\]\n +verbs: \[(.*)\]/g;
    const shown = [...manifest.matchAll(rule)].flatMap(([, groups, resources, verbs]) =>
      words(resources).map((resource) => ({ apiGroup: words(groups)[0], resource, verbs: words(verbs) })),
    );
    expect(shown).toEqual(PERMISSIONS);
  });
});

describe('Terraform and OpenTofu', () => {
  /** A program on the PATH that says of itself which version it is, and succeeds in all else. */
  function provide(program: string, version: string): void {
    writeFileSync(join(directory, program), `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${directory}:/usr/bin:/bin`);
    onTestFinished(() => void vi.unstubAllEnvs());
  }

  it.each([
    ['terraform', 'Terraform v1.11.4\non linux_amd64', 'ok      terraform: Terraform 1.11.4'],
    ['tofu', 'OpenTofu v1.12.6\non linux_amd64', 'ok      terraform: OpenTofu 1.12.6'],
    ['tofu', 'OpenTofu v1.10.9', 'problem terraform: OpenTofu 1.10.9 has no write-only values; install 1.11 or later'],
    [
      'terraform',
      'Terraform v1.9.8',
      'problem terraform: Terraform 1.9.8 has no write-only values; install 1.11 or later',
    ],
    ['tofu', 'hello', 'problem terraform: "tofu" is neither Terraform nor OpenTofu; correct TERRAFORM_BINARY_NAME'],
  ])('%s that says %j: %s', (program, version, line) => {
    provide(program, version);
    vi.stubEnv('TERRAFORM_BINARY_NAME', program);
    expect(resultLine(checkTerraform()[0]!)).toBe(line);
  });

  it('names the OpenTofu on the PATH where Terraform is missing', () => {
    provide('tofu', 'OpenTofu v1.12.6');
    vi.stubEnv('TERRAFORM_BINARY_NAME', 'no-terraform');
    expect(checkTerraform().map(resultLine)).toEqual([
      'problem terraform: there is no program "no-terraform"; ' +
        'to deploy with the OpenTofu on the PATH, set TERRAFORM_BINARY_NAME=tofu',
    ]);
  });
});

it.each([
  ['18.20.0', 'problem'],
  ['20.14.0', 'problem'],
  ['20.15.0', 'warning'],
  ['22.19.0', 'ok'],
  ['24.21.0', 'ok'],
])('Node %s is a %s', (version, level) => {
  expect(checkNode(version).level).toBe(level);
});

describe('secrets', () => {
  const name = 'doctor-test';

  it('that do not exist yet are no problem, and none are made', async () => {
    expect((await checkSecrets(undefined, name, join(directory, 'new'))).map(resultLine)).toEqual([
      `ok      secrets: ${join(directory, 'new')} is new: the deploy makes the secrets that it lacks`,
    ]);
    expect(readdirSync(directory)).toEqual([]);
    const withKeys = join(directory, 'with keys');
    mkdirSync(join(withKeys, 'keys'), { recursive: true, mode: 0o700 });
    expect((await checkSecrets(undefined, name, withKeys)).map(resultLine)).toEqual([
      `ok      secrets: ${withKeys} was not deployed yet: the deploy makes the secrets that it lacks`,
    ]);
    rmSync(withKeys, { recursive: true });
  });

  it('that others can read are a problem, each with the chmod that helps', async () => {
    const secrets = new SecretsDirectory({ name, directory: join(directory, 'secrets') });
    const files = [secrets.adminPassword.path, secrets.authenticator.password.path];
    expect(secrets.identity).toMatch(/^[0-9a-f]{16}$/);
    expect(await checkSecrets(undefined, name, secrets.path)).toEqual([
      { check: 'secrets', level: 'ok', message: `${secrets.path} is deployment ${secrets.identity}` },
    ]);
    for (const file of files) chmodSync(file, 0o644);
    const found = await checkSecrets(undefined, name, secrets.path);
    expect(levels(found)).toEqual(['problem', 'problem']);
    for (const file of files) expect(found.some(({ fix }) => fix?.includes(`chmod 600 ${file}`))).toBe(true);
    chmodSync(secrets.path, 0o777);
    const [directoryResult] = await checkSecrets(undefined, name, secrets.path);
    expect(directoryResult!.fix).toContain(`chmod 700 ${secrets.path}`);
  });
});

describe('the state', () => {
  it('is no problem where there is none', () => {
    expect(levels(checkState(directory))).toEqual(['ok']);
  });

  it('that is locked, damaged or was made elsewhere is told', () => {
    const lock = { Who: 'ann@laptop', Created: '2026-11-26T00:00:00Z' };
    writeFileSync(join(directory, '.terraform.todos-api.tfstate.lock.info'), JSON.stringify(lock));
    writeFileSync(join(directory, 'terraform.todos-api.tfstate'), '{"version": 4');
    const stack = join(directory, 'cdktf.out/stacks/todos-api/.terraform');
    mkdirSync(stack, { recursive: true });
    const backend = { type: 'local', config: { path: '/elsewhere/terraform.todos-api.tfstate' } };
    writeFileSync(join(stack, 'terraform.tfstate'), JSON.stringify({ backend }));
    expect(checkState(directory).map(resultLine)).toEqual([
      expect.stringMatching(/^warning state: .* a deploy by ann@laptop holds the lock since 2026-11-26T00:00:00Z; /),
      expect.stringMatching(/^problem state: terraform\.todos-api\.tfstate is damaged; /),
      expect.stringMatching(/^problem state: cdktf\.out was made in another directory; /),
    ]);
  });
});

describe('clocks', () => {
  it.each([
    [0, 'ok'],
    [-5_900, 'ok'],
    [7_000, 'warning'],
    [-29_000, 'warning'],
    [30_100, 'problem'],
    [-3_600_000, 'problem'],
  ])('that differ by %i ms: %s', (offset, level) => {
    expect(clockResult('the database', offset).level).toBe(level);
  });
});

describe('an image that the engine does not have', () => {
  it.each([
    'error during connect: Get "https://registry.example.org/v2/": dial tcp: lookup registry.example.org: no such host',
    'Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
    'Get "https://registry-1.docker.io/v2/": dial tcp 192.0.2.1:443: i/o timeout',
    'no answer within 60 s',
  ])('is not blamed on the variable where the registry is out of reach: %s', (complaint) => {
    const { level, message, fix } = missing('postgres:18.7', 'POSTGRES_IMAGE', complaint);
    expect(level).toBe('problem');
    expect(message).toContain('its registry cannot be reached');
    expect(fix).not.toContain('POSTGRES_IMAGE');
  });

  it.each(['no such manifest: docker.io/library/postgres:none', 'unauthorized: authentication required'])(
    'is blamed on the variable otherwise: %s',
    (complaint) => {
      expect(missing('postgres:none', 'POSTGRES_IMAGE', complaint).fix).toBe('correct POSTGRES_IMAGE');
    },
  );
});

it.each(['nonsense', 'localhost:2375', '/var/run/docker.sock', 'unix://'])('DOCKER_HOST=%s is no engine', (host) => {
  vi.stubEnv('DOCKER_HOST', host);
  vi.stubEnv('DOCKER_CONTEXT', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { address, results } = checkEngine();
  expect(address).toBeUndefined();
  expect(results.map(resultLine)).toEqual([
    expect.stringContaining(
      `problem engine: DOCKER_HOST is "${host}", which is no address of an engine; write it like`,
    ),
  ]);
});

describe('versions', () => {
  it.each([
    ['PostgreSQL', '14.25', 'problem images: PostgreSQL 14.25 is too old; use 15 or later'],
    [
      'PostgreSQL',
      '18.6',
      'warning images: PostgreSQL 18.6 is affected by CVE-2026-6460 (.*exploits are public).*; use 18',
    ],
    ['PostgREST', '12.2.3', 'problem images: PostgREST 12.2.3 is affected by PostgREST#3956 .*; use 12.2.12 or later'],
    ['PostgREST', '14.17', 'warning images: PostgREST 14.17 is affected by PostgREST#5196 .*; use 14.18 or later'],
    ['PostgREST', '12.0.2', 'warning images: PostgREST 12.0.2 gets no fixes any more since 2025-05-01; use PostgREST '],
  ] as const)('%s %s is reported with its fix', (product, version, line) => {
    const [first] = versionResults('images', product, version);
    expect(resultLine(first!)).toMatch(new RegExp(`^${line.replaceAll('(', '\\(').replaceAll(')', '\\)')}`));
  });

  it('without known advisories are not reported, nor are accepted advisories', () => {
    expect(versionResults('images', 'PostgreSQL', '18')).toEqual([]);
    expect(versionResults('images', 'PostgREST', '16.2', ['PostgREST#5196'])).toEqual([]);
  });

  it('are read from the tag of an image, which has to name one', () => {
    expect(levels(tagResults('PostgreSQL', 'postgres:18.4-alpine'))).toEqual(['warning']);
    expect(levels(tagResults('PostgreSQL', 'postgres:18'))).toEqual([]);
    expect(levels(tagResults('PostgreSQL', 'postgres:latest'))).toEqual(['warning']);
  });

  it('are checked against a table that is reported when it is older than 120 days', () => {
    const after = (days: number) => new Date(Date.parse(RELEASE_TABLE.asOf) + days * 86_400_000);
    expect(checkTable(after(120))).toEqual([]);
    expect(checkTable(after(121)).map(resultLine)).toEqual([
      `warning releases: known advisories are as of ${RELEASE_TABLE.asOf}, 121 days ago; install the newest version of this package`,
    ]);
  });
});

it('little room is a warning, and hardly any a problem', () => {
  expect([5e9, 1e9, 5e7].map((bytes) => diskResult('/data', bytes).level)).toEqual(['ok', 'warning', 'problem']);
});

it.each([
  ['API_PORT', 'abc'],
  ['API_PORT', '99999'],
  ['DATABASE_PORT', '0'],
  ['API_SERVERS', 'two'],
])('refuses %s=%s with the name of the variable', async (name, value) => {
  vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  const { code, stdout, stderr } = await run('doctor', 'examples/todos/declaration.ts');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^secured-postgrest: ${name}: "${value}" is not .*\\[invalid_prop\\]\n$`));
});

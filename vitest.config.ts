import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { postgrestPrograms } from './test/support/postgrest-programs.ts';
import { terrainModules } from './scripts/cdk-terrain.mjs';
import { sharedFiles } from './test/support/shared-files.ts';

const seconds = 1000;

/** Tests are sorted by what they need: a project for each folder of `test/`, unless `include` says more. */
const kind = (name: string, timeout: number, settings = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    // Projects and runs share what is compiled. It is kept by the content of each file.
    experimental: { fsModuleCache: true },
    ...settings,
  },
});

/** Tests wait for states: only what never comes takes this long. */
const patient = { expect: { poll: { timeout: 90 * seconds } } };

/** Embedded tests of what differs between versions of PostgREST: answers, tokens, caches, errors and settings. */
const versionTests = [
  'test/embedded/docs/components.test.ts',
  'test/embedded/examples/todos.test.ts',
  'test/embedded/explorer/explorer.test.ts',
  'test/embedded/hostile/{cached-tokens,presented,requests,rfc-examples,settings,tokens}.test.ts',
  'test/embedded/hostile/revoked-tokens.test.ts',
];

/**
 * Tests that deploy under other names than `todos`, and so can run at the same time as those that deploy `todos`. Some of
 * other names stay with those, because both lanes shall take as long.
 */
const otherNames =
  'test/deploy/{cdk-terrain,encrypted-tokens,existing,existing-versions,gateway,hardening,key-backends,newest-versions,package,projects,strain,token-service}.test.ts';

/** One file at a time, after the files of smaller `groupOrder`: these tests share the machine's Docker engine. */
const alone = (groupOrder: number) => ({
  fileParallelism: false,
  sequence: { groupOrder },
  // Most polls run `docker`.
  expect: { poll: { interval: 200 } },
});

/**
 * Files that run one after the other in the same processes, which load each module once: a process for each file takes
 * between half a second and two seconds of CPU time more.
 */
const shared = {
  unit: sharedFiles(['test/unit']),
  embedded: sharedFiles(
    [
      ...['access', 'apply', 'audit', 'compile', 'docs', 'gateway'],
      ...['hostile', 'import', 'postgres', 'providers', 'token-service'],
    ].map((folder) => `test/embedded/${folder}`),
  ),
};
/** `npm test` runs these tests beside those that deploy: what the engine of this machine runs is none of their business. */
const withoutEngine = { env: { DOCKER_HOST: 'tcp://127.0.0.1:1' } };
/** The unit tests of constructs once more, on CDK Terrain where they import CDKTF; without slow ones that synthesize little. */
const terrain = {
  ...kind('terrain', 60 * seconds, {
    include: ['test/terrain/*.test.ts', 'test/unit/{constructs,stacks}/**/*.test.ts'],
    exclude: ['**/{provider-keys,secrets-directory,server-certificate-race}.test.ts'],
    setupFiles: ['test/support/terrain-modules.ts'],
    isolate: false,
  }),
  resolve: {
    alias: [
      { find: /^cdktf$/, replacement: `${terrainModules}/cdktn` },
      { find: /^@cdktf\/(.*)$/, replacement: `${terrainModules}/@cdktn/$1` },
      { find: /^constructs$/, replacement: `${terrainModules}/constructs` },
    ],
  },
};

export default defineConfig({
  test: {
    globalSetup: 'test/support/compile-package.ts',
    // Tests wait for servers: more workers than cores keep two cores busy.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      kind('unit', 60 * seconds, { ...withoutEngine, exclude: shared.unit }),
      kind('unit-shared', 60 * seconds, { ...withoutEngine, include: shared.unit, isolate: false }),
      kind('site', 300 * seconds, withoutEngine),
      terrain,
      kind('embedded', 180 * seconds, {
        ...withoutEngine,
        include: ['test/embedded/**/*.test.ts', 'examples/**/*.test.ts'],
        exclude: shared.embedded,
        ...patient,
      }),
      kind('embedded-shared', 180 * seconds, {
        ...withoutEngine,
        include: shared.embedded,
        isolate: false,
        ...patient,
      }),
      ...postgrestPrograms().map(({ name, path }) =>
        kind(name, 180 * seconds, {
          include: versionTests,
          isolate: false,
          env: { ...withoutEngine.env, POSTGREST_BINARY: path },
          ...patient,
        }),
      ),
      // Chromium ends its requests where a network of the machine comes or goes (ERR_NETWORK_CHANGED): the engine's do.
      kind('browser', 180 * seconds, { ...withoutEngine, ...patient, retry: 1 }),
      kind('deploy', 600 * seconds, { ...alone(1), exclude: [otherNames] }),
      kind('docker', 180 * seconds, alone(1)),
      kind('deploy-other-names', 600 * seconds, { ...alone(2), include: [otherNames] }),
      kind('engine', 600 * seconds, { ...alone(3) }),
      kind('kubernetes', 600 * seconds, {
        ...alone(4),
        // Most polls run `kubectl`, which takes a fifth of a second of CPU.
        expect: { poll: { timeout: 90 * seconds, interval: 1 * seconds } },
        globalSetup: 'test/support/cluster/build-cluster.ts',
      }),
    ],
  },
});

import type { Program } from '../processes.ts';
import { round } from '../report.ts';
import {
  LISTENING,
  IDLE_MEMORY,
  SERVER_CONNECTIONS,
  SERVER_MEMORY,
  SERVER_MEMORY_USED,
  USED_MEMORY,
} from './connections.ts';
import { costName } from './cost.ts';
import { RELOAD, RELOADED_TABLES, RELOADING, START, TABLES } from './catalog.ts';
import { DIRECT, ENCRYPTION_KINDS, HTTP, OPENED, OPENED_FIRST, TLS_KEPT, TLS_NEW } from './gateway.ts';
import { MEASURED_RATE, MIX, MIXED, predictedName, PREDICTED_RATE, PROGRAMS, SERVER_SHARE } from './mix.ts';
import { ASSUMED, ROUND_TRIPS, sizesFor, type MeasuredRequest } from './model.ts';
import type { MeasuredFigures, Report } from './page.ts';
import { POOLED, POOLS } from './pool.ts';
import { WITH_POOLER, WITHOUT_POOLER } from './pooler.ts';
import { CALL, FLOOR, INSERT, MANY_ROWS, MEMBER, ONE_ROW, WITH_CHECK, WITH_TOKEN } from './requests.ts';
import { ALGORITHMS, NO_TOKEN, SIZED, SIZES, VERIFIED } from './tokens.ts';

/** The first line is the head. */
type Table = (figures: MeasuredFigures, report: Report) => readonly (readonly string[])[];

const RATES = [1000, 10_000, 100_000] as const;

/** The CPU time of a request in PostgREST and Postgres together. */
function together(figures: MeasuredFigures, name: string): number {
  return (['postgrest', 'postgres'] as const)
    .map((program) => figures.of(costName(name, program)).median)
    .reduce((sum, value) => sum + value, 0);
}

const cost = (figures: MeasuredFigures, name: string, program: Program) => figures.text(costName(name, program));

/** The more of a request in a program, in microseconds. */
function more(figures: MeasuredFigures, name: string, floor: string, program: Program): string {
  const value = figures.of(costName(name, program)).median - figures.of(costName(floor, program)).median;
  return Math.round(value).toLocaleString('en-US');
}

const kinds: Table = (figures) => [
  ['request', 'PostgREST, µs', 'Postgres, µs', 'both against the floor'],
  ...[FLOOR, WITH_TOKEN, WITH_CHECK, ONE_ROW, MEMBER, MANY_ROWS(10), MANY_ROWS(100), MANY_ROWS(1000), INSERT, CALL].map(
    (name) => [
      name,
      cost(figures, name, 'postgrest'),
      cost(figures, name, 'postgres'),
      round(together(figures, name) / together(figures, FLOOR)),
    ],
  ),
];

/** The versions of PostgREST that were measured, oldest first. */
function versionsOf(figures: MeasuredFigures): string[] {
  return figures
    .names()
    .flatMap((name) => /^PostgREST (\S+): no token: postgrest$/.exec(name)?.[1] ?? [])
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

const verification: Table = (figures) => {
  const versions = versionsOf(figures);
  return [
    ['algorithm', ...versions.flatMap((version) => [`${version}, cache off`, `${version}, cache on`])],
    [
      'no token: the whole request',
      ...versions.flatMap((version) => [cost(figures, NO_TOKEN(version), 'postgrest'), '']),
    ],
    ...ALGORITHMS.map((algorithm) => [
      algorithm,
      ...versions.flatMap((version) =>
        [false, true].map((isCached) =>
          more(figures, VERIFIED(version, algorithm, isCached), NO_TOKEN(version), 'postgrest'),
        ),
      ),
    ]),
  ];
};

const sizes: Table = (figures) => {
  const [oldest = ''] = versionsOf(figures);
  const small = VERIFIED(oldest, 'ES256', false);
  return [
    ['more bytes in a claim', 'PostgREST, µs', 'Postgres, µs', 'bytes that the client sends'],
    ...[small, ...SIZES.map(SIZED)].map((name, n) => [
      n === 0 ? '0' : SIZES[n - 1]!.toLocaleString('en-US'),
      cost(figures, name, 'postgrest'),
      cost(figures, name, 'postgres'),
      round(figures.of(`${name}: bytes sent`).median),
    ]),
  ];
};

const gateway: Table = (figures) => [
  ['request', 'nginx, µs', 'opener, µs', 'PostgREST and Postgres, µs'],
  ...[DIRECT, HTTP, TLS_KEPT, TLS_NEW, OPENED, ...ENCRYPTION_KINDS.map(OPENED_FIRST)].map((name) => [
    name,
    ...(['nginx', 'opener'] as const).map((program) =>
      figures.names().includes(costName(name, program)) ? cost(figures, name, program) : '',
    ),
    round(together(figures, name)),
  ]),
];

const memory: Table = (figures) => [
  ['what', 'measured'],
  ...[SERVER_MEMORY, SERVER_MEMORY_USED, IDLE_MEMORY, USED_MEMORY].map((name) => [name, `${figures.text(name)} MB`]),
  ...[SERVER_CONNECTIONS, LISTENING].map((name) => [name, round(figures.of(name).median)]),
  ...(['postgrest', 'postgres', 'pgbouncer'] as const).map((program) => [
    `${WITH_POOLER}: CPU of ${program} for a request`,
    `${cost(figures, WITH_POOLER, program)} µs${
      program === 'pgbouncer' ? '' : `, ${WITHOUT_POOLER} ${cost(figures, WITHOUT_POOLER, program)} µs`
    }`,
  ]),
];

const catalog: Table = (figures) => {
  const cells = (name: string) =>
    (['postgrest', 'postgres'] as const).map((program) => `${figures.text(costName(name, program))} ms`);
  return [
    ['tables', 'servers', 'what', 'CPU of PostgREST', 'CPU of Postgres', 'memory of a server'],
    ...TABLES.flatMap((count) => [
      [String(count), '1', 'start', ...cells(START(count)), `${figures.text(`${START(count)}: memory`)} MB`],
      [String(count), '1', 'reload', ...cells(RELOAD(count, 1)), ''],
    ]),
    ...RELOADING.slice(1).map((count) => [
      String(RELOADED_TABLES),
      String(count),
      'reload of all',
      ...cells(RELOAD(RELOADED_TABLES, count)),
      '',
    ]),
  ];
};

const pool: Table = (figures) => {
  const rate = (size: number, what: 'short' | 'waiting') => figures.of(POOLED(size, what)).median;
  const [least] = POOLS;
  return [
    ['pool', 'one row by key', 'against 1', 'CPU of a request, µs', 'a query that waits 20 ms', 'against 1'],
    ...POOLS.map((size) => [
      String(size),
      `${figures.text(POOLED(size, 'short'))}/s`,
      round(rate(size, 'short') / rate(least, 'short')),
      round(figures.of(`${POOLED(size, 'short')}, CPU of PostgREST and Postgres`).median),
      `${figures.text(POOLED(size, 'waiting'))}/s`,
      round(rate(size, 'waiting') / rate(least, 'waiting')),
    ]),
  ];
};

const check: Table = (figures) => {
  const row = (what: string, predicted: string, measured: string, unit: string) => {
    const off = figures.of(measured).median / figures.of(predicted).median - 1;
    return [
      what,
      `${round(figures.of(predicted).median)} ${unit}`,
      `${figures.text(measured)} ${unit}`,
      `${off < 0 ? '−' : '+'}${Math.abs(off * 100).toFixed(0)} %`,
    ];
  };
  return [
    ['the mix', 'model', 'measured', 'measured against model'],
    ...PROGRAMS.map((program) => row(`CPU of ${program}`, predictedName(program), costName(MIXED, program), 'µs')),
    row('requests a second', PREDICTED_RATE, MEASURED_RATE, '/s'),
    ['share of two cores that the servers had', '', `${figures.text(SERVER_SHARE)} %`, ''],
  ];
};

/** The mix as it was measured, with the bytes of its kinds and what the gateway adds to an answer. */
function measuredMix(figures: MeasuredFigures): MeasuredRequest {
  const total = Object.values(MIX).reduce((sum, count) => sum + count, 0);
  const both = (name: string) =>
    figures.of(`${name}: bytes sent`).median + figures.of(`${name}: bytes received`).median;
  const bytes = Object.entries(MIX)
    .map(([name, count]) => (count / total) * both(name))
    .reduce((sum, value) => sum + value, 0);
  const [nginx, postgrest, postgres] = PROGRAMS.map((program) => figures.of(costName(MIXED, program)).median);
  return { nginx: nginx!, postgrest: postgrest!, postgres: postgres!, bytes: bytes + both(TLS_KEPT) - both(DIRECT) };
}

/** Two digits. */
function about(value: number): string {
  if (value < 10) return value.toFixed(1);
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return (Math.round(value / unit) * unit).toLocaleString('en-US');
}

const whole = (value: number) => value.toLocaleString('en-US');

const rates: Table = (figures, { machine }) => {
  const mix = measuredMix(figures);
  const at = RATES.map((rate) => sizesFor(rate, mix));
  const measured = `measured ${machine.date}`;
  const used = (name: string) => figures.of(name).median;
  const row = (what: string, cells: readonly string[], source: string) => [what, ...cells, source];
  const limit = (poolSize: number) => 192 + 32 * poolSize;
  const perCore = `rate × CPU of the mix (${measured}) ÷ ${ASSUMED.utilization}`;
  const reload = figures.of(`${RELOAD(RELOADED_TABLES, 1)}: postgres`).median / 1000;
  return [
    ['', ...RATES.map((rate) => `${whole(rate)}/s`), 'source'],
    row(
      'cores for nginx',
      at.map(({ nginxCores }) => about(nginxCores)),
      perCore,
    ),
    row(
      'cores for PostgREST',
      at.map(({ postgrestCores }) => about(postgrestCores)),
      perCore,
    ),
    row(
      'cores for Postgres',
      at.map(({ postgresCores }) => about(postgresCores)),
      perCore,
    ),
    row(
      'pods',
      at.map(({ pods }) => whole(pods)),
      `cores for PostgREST, ${ASSUMED.coresPerPod} a pod (its default limit), at least 2`,
    ),
    row(
      'busy connections',
      at.map(({ busyConnections }) => about(busyConnections)),
      `rate × (${ROUND_TRIPS} round trips of ${ASSUMED.roundTripMs} ms (assumed) + CPU of Postgres ÷ ${(1 - ASSUMED.utilization).toFixed(1)})`,
    ),
    row(
      'pool of a pod',
      at.map(({ poolSize }) => whole(poolSize)),
      `${ASSUMED.poolHeadroom} × busy ÷ pods, at least 2`,
    ),
    row(
      'connections to permit',
      at.map(({ connections }) => whole(connections)),
      'pods × 2 × (pool + 1): [connections](kubernetes.md#connections)',
    ),
    row(
      'memory of pods in use',
      at.map(({ pods }) => `${about((pods * used(SERVER_MEMORY_USED)) / 1000)} GB`),
      `pods × ${round(used(SERVER_MEMORY_USED))} MB (${measured})`,
    ),
    row(
      'memory of pods, limits',
      at.map(({ pods, poolSize }) => `${about((pods * limit(poolSize)) / 1000)} GB`),
      'pods × (192 + 32 × pool) MB: [limits](constructs.md#memory-and-cpus)',
    ),
    row(
      'memory of connections',
      at.map(({ connections }) => `${about((connections * used(USED_MEMORY)) / 1000)} GB`),
      `connections × ${round(used(USED_MEMORY))} MB (${measured})`,
    ),
    row(
      'network, client to gateway',
      at.map(({ megabitsPerSecond }) => `${about(megabitsPerSecond)} Mbit/s`),
      `rate × ${round(mix.bytes)} bytes of the mix (${measured}), without TLS and TCP`,
    ),
    row(
      `one reload, ${whole(RELOADED_TABLES)} tables`,
      at.map(({ pods }) => `${about(pods * reload)} s of CPU in Postgres`),
      `pods × ${round(reload)} s (${measured})`,
    ),
    row(
      'machines for Postgres',
      at.map(({ databases }) => whole(databases)),
      `cores for Postgres ÷ ${ASSUMED.coresPerDatabase} (assumed size)`,
    ),
  ];
};

/** PostgREST's cores for the mix with other tokens: its own verification is taken off, and the other added. */
const algorithms: Table = (figures) => {
  const mix = measuredMix(figures);
  const [oldest = ''] = versionsOf(figures);
  const added = (version: string, algorithm: string, isCached: boolean) => {
    const of = (name: string) => figures.of(costName(name, 'postgrest')).median;
    // Below zero is noise.
    return Math.max(0, of(VERIFIED(version, algorithm, isCached)) - of(NO_TOKEN(version)));
  };
  const bare = mix.postgrest - added(oldest, 'ES256', false);
  const cores = (more: number) =>
    RATES.map((rate) => about(sizesFor(rate, { ...mix, postgrest: bare + more }).postgrestCores));
  const rows = versionsOf(figures).flatMap((version) =>
    ALGORITHMS.flatMap((algorithm) =>
      // Of 12, the cache accepts tokens of revoked keys.
      (Number.parseInt(version, 10) < 14 ? [false] : [false, true]).map((isCached) => [
        version,
        algorithm,
        isCached ? 'on' : 'off',
        ...cores(added(version, algorithm, isCached)),
      ]),
    ),
  );
  return [['verified by', 'algorithm', 'token cache', ...RATES.map((rate) => `${whole(rate)}/s`)], ...rows];
};

/** The tables of docs/scaling.md by their names. */
export const tables: Readonly<Record<string, Table>> = {
  kinds,
  verification,
  sizes,
  gateway,
  memory,
  catalog,
  pool,
  check,
  rates,
  algorithms,
};

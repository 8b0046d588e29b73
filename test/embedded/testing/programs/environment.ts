// Starts an environment and does with it what its arguments say, one after the other. It tells what it begins, a line for
// each, and a word that it is sent ends it at once.
import declaration from '../../../../examples/todos/declaration.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../../testing/index.ts';

const ends: Record<string, () => void> = {
  exit: () => process.exit(3),
  throw() {
    throw new Error('thrown on purpose');
  },
  abort: () => process.abort(),
  outOfMemory() {
    for (const all: unknown[] = []; ;) all.push(Array.from({ length: 100_000 }, (_, index) => ({ index })));
  },
};
process.stdin.on('data', (word) => ends[word.toString().trim()]?.());
// A worker's has no such method.
(process.stdin as { unref?: () => void }).unref?.();

/** No session with one of them ends by itself. */
const BUSY = ['select pg_sleep(600)', `do 'begin loop end loop; end'`];

const steps: Record<string, (environment: EphemeralPostgrest) => Promise<unknown>> = {
  clone: (environment) => environment.clone(),
  snapshot: (environment) => environment.snapshot(),
  restore: (environment) => environment.restore(),
  rebuild: (environment) => environment.apply(declaration, { seed: [{ file: 'one.sql', sql: 'select 1' }] }),
  async busy(environment) {
    for (const sql of BUSY) void environment.sql(sql).catch(() => {});
    const active = `select from pg_stat_activity where query = any($1) and state = 'active'`;
    while ((await environment.sql(active, [BUSY])).length < BUSY.length);
  },
  wait: () => new Promise(() => setInterval(() => {}, 1000)),
  stop: (environment) => environment.stop(),
};

function begin(step: string, more: object = {}): void {
  console.log(JSON.stringify({ step, ...more }));
}

begin('start');
const environment = await startEphemeralPostgrest(declaration);
const { url, databaseUrl } = environment;
for (const step of process.argv.slice(2)) {
  begin(step, { url, databaseUrl });
  await steps[step]!(environment);
}
begin('end');

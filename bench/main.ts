// npm run bench -- [--json FILE] [--only NAME] [--history]
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describePart, missed, round, type Figures, type Outcome, type Part } from './report.ts';
import { benchAudit } from './audit/audit.ts';
import { benchDeploy } from './deploy.ts';
import { benchEphemeral } from './ephemeral.ts';
import { benchGateway } from './gateway.ts';
import { benchGrowth } from './growth.ts';
import { appendRun } from './history/history-file.ts';
import { measuredCommit } from './history/measured-commit.ts';
import { measuredBy } from './history/run.ts';
import { onOneCore } from './one-core.ts';
import { problemsOf, skippedIn } from './problems.ts';
import { benchProve } from './prove/prove.ts';
import { benchPolicies } from './policies.ts';
import { benchRefresh } from './refresh.ts';
import { benchRequests } from './requests.ts';
import { runPart } from './run-part.ts';
import { benchRunner } from './runner.ts';
import { benchScaling } from './scaling.ts';
import { benchTodos } from './todos.ts';

interface Benchmark {
  readonly run: (figures: Figures) => Promise<Outcome>;
  /** Many times what it needs: one that takes longer hangs. */
  readonly limitMinutes: number;
  /** True where one process works at a time. @default false */
  readonly onOneCore?: boolean;
}

const benchmarks: Readonly<Record<string, Benchmark>> = {
  runner: { run: benchRunner, limitMinutes: 15 },
  growth: { run: benchGrowth, limitMinutes: 120 },
  policies: { run: benchPolicies, limitMinutes: 10, onOneCore: true },
  requests: { run: benchRequests, limitMinutes: 10 },
  gateway: { run: benchGateway, limitMinutes: 10 },
  refresh: { run: benchRefresh, limitMinutes: 5 },
  ephemeral: { run: benchEphemeral, limitMinutes: 15 },
  audit: { run: benchAudit, limitMinutes: 60 },
  prove: { run: benchProve, limitMinutes: 20 },
  todos: { run: benchTodos, limitMinutes: 40 },
  deploy: { run: benchDeploy, limitMinutes: 40 },
  scaling: { run: benchScaling, limitMinutes: 60 },
};

const { values } = parseArgs({
  options: { json: { type: 'string' }, only: { type: 'string' }, history: { type: 'boolean', default: false } },
});
const names = values.only === undefined ? Object.keys(benchmarks) : [values.only];
const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; use one of ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}

const root = fileURLToPath(new URL('..', import.meta.url));
/** Before anything is measured, so that nobody waits for figures that belong to no commit. */
const commit = values.history ? measuredCommit(root) : undefined;

/** Load average of the last minute. */
const load = () => loadavg()[0]!;
const machine = {
  date: new Date().toISOString().slice(0, 10),
  cores: availableParallelism(),
  processor: cpus()[0]?.model,
  node: process.version,
  loadBefore: load(),
};
console.log(`${machine.cores} cores, ${machine.processor}, load ${round(machine.loadBefore)} before the start\n`);
const parts: Part[] = [];
/** After every part: what is measured stays, whatever becomes of the next. */
function keep(): void {
  if (values.json === undefined) return;
  const report = { machine: { ...machine, loadAfter: load() }, parts, missed: missed(parts) };
  writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
}

for (const name of names) {
  const { run, limitMinutes, onOneCore: pinned = false } = benchmarks[name]!;
  const part = await runPart(name, limitMinutes * 60_000, pinned ? (figures) => onOneCore(() => run(figures)) : run);
  parts.push(part);
  console.log(describePart(part));
  keep();
  // It would be measured with whatever came next.
  if (part.hung) break;
}
console.log(`load ${round(load())} at the end\n`);
if (commit !== undefined) addToHistory(commit);
const problems = problemsOf(names, parts);
for (const line of [...skippedIn(parts), ...problems]) console.error(line);
// At once: a part that hangs would keep the process.
process.exit(problems.length > 0 ? 1 : 0);

function addToHistory(measured: string): void {
  if (measuredCommit(root) !== measured)
    throw new Error(`the history is of commits, and ${measured} is no more the last one`);
  const { cores, processor = 'unknown', node, loadBefore } = machine;
  const loads = [loadBefore, load()].sort((a, b) => a - b) as [number, number];
  appendRun({
    date: new Date().toISOString(),
    commit: measured,
    source: 'run',
    machine: { cores, processor, node },
    load: loads,
    ...measuredBy(parts),
  });
}

// npm run bench -- [--json FILE] [--only NAME]
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { describePart, missed, round, type Part } from './report.ts';
import { benchDeploy } from './deploy.ts';
import { benchPolicies } from './policies.ts';
import { benchRequests } from './requests.ts';
import { benchRunner } from './runner.ts';
import { benchTodos } from './todos.ts';

const benchmarks: Readonly<Record<string, () => Promise<Part>>> = {
  runner: benchRunner,
  policies: benchPolicies,
  requests: benchRequests,
  todos: benchTodos,
  deploy: benchDeploy,
};

const { values } = parseArgs({ options: { json: { type: 'string' }, only: { type: 'string' } } });
const names = values.only === undefined ? Object.keys(benchmarks) : [values.only];
const unknown = names.find((name) => !Object.hasOwn(benchmarks, name));
if (unknown !== undefined) {
  console.error(`there is no benchmark "${unknown}"; use one of ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}

/** Of the last minute: what else the machine did. */
const load = () => loadavg()[0]!;
const machine = {
  cores: availableParallelism(),
  processor: cpus()[0]?.model,
  node: process.version,
  loadBefore: load(),
};
console.log(`${machine.cores} cores, ${machine.processor}, load ${round(machine.loadBefore)} before the start\n`);
const parts: Part[] = [];
for (const name of names) {
  const part = await benchmarks[name]!();
  parts.push(part);
  console.log(describePart(part));
}
console.log(`load ${round(load())} at the end\n`);
const misses = missed(parts);
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine: { ...machine, loadAfter: load() }, parts, missed: misses }, undefined, 2)}\n`,
  );
}
for (const { name } of misses) console.error(`missed: ${name}`);
process.exitCode = misses.length > 0 ? 1 : 0;

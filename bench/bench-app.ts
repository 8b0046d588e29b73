// The app of a benchmark's deployment: the stacks of so many tables, or of the to-do list.
import { App } from 'cdktf';
import { observe } from '../constructs/index.ts';
import { addStacks } from '../stacks/deployment.ts';
import todos from '../examples/todos/declaration.ts';
import { declareTables } from './tables.ts';

const app = new App();
const count = process.env['BENCH_TABLES'];
addStacks(app, count === undefined ? { ...todos, name: 'bench' } : declareTables('bench', Number(count)));
await observe(app);
app.synth();

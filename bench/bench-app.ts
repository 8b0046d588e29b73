// The app of a benchmark's deployment: the stacks of so many tables, or of the to-do list.
import { App } from 'cdktf';
import { observe } from '../constructs/index.ts';
import { readEnvironment } from '../stacks/environment.ts';
import { addStacks } from '../stacks/index.ts';
import todos from '../examples/todos/declaration.ts';
import { declareTables } from './tables.ts';

const app = new App();
const count = process.env['BENCH_TABLES'];
const declaration = count === undefined ? { ...todos, name: 'bench' } : declareTables('bench', Number(count));
addStacks(app, declaration, { ...readEnvironment(declaration.name), gateway: false });
await observe(app);
app.synth();

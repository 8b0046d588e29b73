import { App } from '../constructs/synth/cdk/core.ts';
import { observe } from '../constructs/index.ts';
import todos from '../examples/todos/declaration.ts';
import { isNoWider } from '../access/diff/is-no-wider.ts';
import { readEnvironment } from './environment.ts';
import { addStacks } from './index.ts';

const app = new App();
addStacks(app, todos, readEnvironment(todos.name));
// The check loads a third of the package, which other deploys need not wait for.
await observe(app, isNoWider() ? { check: (await import('../access/diff/no-wider.ts')).refuseWiderRoles } : {});
app.synth();

import { App } from '../constructs/synth/cdk/core.ts';
import { observe } from '../constructs/index.ts';
import todos from '../examples/todos/declaration.ts';
import { refuseWiderRoles } from '../access/diff/no-wider.ts';
import { isNoWider } from '../access/diff/is-no-wider.ts';
import { readEnvironment } from './environment.ts';
import { addStacks } from './index.ts';

const app = new App();
addStacks(app, todos, readEnvironment(todos.name));
await observe(app, isNoWider() ? { check: refuseWiderRoles } : {});
app.synth();

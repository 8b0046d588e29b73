import { App } from '../constructs/synth/cdk/core.ts';
import { observe } from '../constructs/index.ts';
import todos from '../examples/todos/declaration.ts';
import { addStacks } from './deployment.ts';

const app = new App();
addStacks(app, todos);
await observe(app);
app.synth();

import { App } from 'cdktf';
import todos from '../examples/todos/declaration.ts';
import { addStacks } from './deployment.ts';

const app = new App();
addStacks(app, todos);
app.synth();

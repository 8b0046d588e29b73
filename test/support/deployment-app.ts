// The app of a test deployment: the stacks of the declaration that the environment names.
import { App } from 'cdktf';
import { loadDeclaration } from '../../cli/load-declaration.ts';
import { observe } from '../../constructs/index.ts';
import { addStacks } from '../../stacks/deployment.ts';

const app = new App();
addStacks(app, await loadDeclaration(process.env['DECLARATION']!));
await observe(app);
app.synth();

// The app of a test deployment: the stacks of the declaration that the environment names.
import { App } from 'cdktf';
import { loadDeclaration } from '../../cli/load-declaration.ts';
import { observe } from '../../constructs/index.ts';
import { readEnvironment } from '../../stacks/environment.ts';
import { addStacks } from '../../stacks/index.ts';

const app = new App();
const declaration = await loadDeclaration(process.env['DECLARATION']!);
addStacks(app, declaration, readEnvironment(declaration.name));
await observe(app);
app.synth();

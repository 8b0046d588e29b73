// The app of a test deployment: the stacks of the declaration that the environment names, and the options of its gateway.
import { App } from 'cdktf';
import { loadDeclaration } from '../../cli/load-declaration.ts';
import { observe } from '../../constructs/index.ts';
import { readEnvironment } from '../../stacks/environment.ts';
import { addStacks, type SecuredPostgrestStacksProps } from '../../stacks/index.ts';

const app = new App();
const declaration = await loadDeclaration(process.env['DECLARATION']!);
const gateway = JSON.parse(process.env['GATEWAY_OPTIONS'] ?? 'false') as NonNullable<
  SecuredPostgrestStacksProps['gateway']
>;
addStacks(app, declaration, { ...readEnvironment(declaration.name), gateway });
await observe(app);
app.synth();

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The app of a project and its directory `out`, where the CLI would only run the app; undefined elsewhere. */
export function plainApp(root) {
  const {
    app,
    output: out = 'cdktf.out',
    terraformModules = [],
  } = JSON.parse(readFileSync(join(root, 'cdktf.json'), 'utf8'));
  // The CLI rejects a state file without the name of a stack.
  const plain = app !== undefined && terraformModules.length === 0 && !existsSync(join(root, 'terraform.tfstate'));
  return plain ? { app, out } : undefined;
}

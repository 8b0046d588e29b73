import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Declaration } from '../../declaration/types.ts';
import { loadSigningKey } from '../../tokens/index.ts';
import { trusting, type TokenApi } from './access/token-cases.ts';
import { type Deployment, root } from './deployment.ts';

/** A deployed API with its own key at hand, and the example's seed in its tables. */
export async function seededApi(deployment: Deployment, declaration: Declaration): Promise<TokenApi> {
  await deployment.sql(readFileSync(join(root, 'examples', declaration.name, 'seed.sql'), 'utf8'));
  return trusting(declaration, {
    url: deployment.url,
    key: loadSigningKey(declaration.keys, join(deployment.secrets, 'keys'))!,
    keySet: readFileSync(join(deployment.secrets, 'jwks.json'), 'utf8'),
  });
}

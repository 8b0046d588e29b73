import { describe, expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  KubernetesCluster,
  KubernetesPostgrest,
  type KubernetesPostgrestProps,
  PostgresDatabase,
} from '../../../../constructs/index.ts';
import type { DeclarationInput } from '../../../../declaration/types.ts';
import { synth, testDeclaration, testStack } from '../../../support/synth.ts';

function onCluster(props: Partial<KubernetesPostgrestProps> = {}, input: Partial<DeclarationInput> = {}) {
  const { app, stack, directory, secrets } = testStack();
  const declaration = testDeclaration(input);
  const adminPasswordFile = join(directory, 'admin-password');
  writeFileSync(adminPasswordFile, 'not told to anyone', { mode: 0o600 });
  const database = PostgresDatabase.fromExisting(stack, 'database', {
    host: '10.1.2.3',
    database: 'todos',
    adminUser: 'admin',
    adminPasswordFile,
  });
  const cluster = new KubernetesCluster(stack, 'cluster', { namespace: 'todos', kubeconfigFile: '/kubeconfig' });
  const api = new KubernetesPostgrest(stack, 'api', { declaration, database, cluster, secrets, ...props });
  return { app, stack, api, directory };
}

describe('an API on a cluster', () => {
  it('prints', () => {
    const { stack, api, app } = onCluster();
    app.synth();
    if (process.env.PRINT)
      writeFileSync(process.env.PRINT, JSON.stringify(JSON.parse(synth(stack).text), undefined, 1));
    expect(api.url).toBe('https://todos.todos.svc');
  });
});

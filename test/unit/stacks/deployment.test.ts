import { onTestFinished, describe, expect, it, vi } from 'vitest';
import { addStacks } from '../../../stacks/deployment.ts';
import { testApp, testDeclaration } from '../../support/synth.ts';

describe('addStacks', () => {
  it.each([
    { DATABASE_PORT: 'abc' },
    { DATABASE_PORT: '0' },
    { API_PORT: '70000' },
    { API_PORT: '0' },
    { API_PORT: 'abc' },
    { API_PORT: '0x50' },
    { API_SERVERS: '1.5' },
    { API_SERVERS: '0' },
    { API_SERVERS: 'two' },
    { DATABASE_MEMORY: '512' },
    { DATABASE_CPUS: '0' },
    { API_MEMORY: '1 GB' },
    { API_CPUS: 'all' },
  ])('refuses %j in the environment', (env) => {
    const { app, directory } = testApp();
    for (const [name, value] of Object.entries({ ...env, SECRETS_DIRECTORY: `${directory}/secrets` }))
      vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const [[name, value] = []] = Object.entries(env);
    expect(() => addStacks(app, testDeclaration())).toThrow(
      expect.objectContaining({
        code: 'invalid_prop',
        message: expect.stringContaining(value === '512' ? '512 MB' : `${name}: "${value}" is not `) as string,
      }),
    );
  });
});

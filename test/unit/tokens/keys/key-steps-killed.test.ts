import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { loadSigningKey, loadVerificationKeys, readManagedKeys, rotateKeys } from '../../../../tokens/index.ts';
import { compiled } from '../../../support/compiled.ts';

const program = compiled('test/unit/tokens/keys/rotate-forever.js');
const KILLS = 30;

it(
  `steps that are killed anywhere, ${KILLS} times, lose no key, and the next one goes on`,
  { timeout: 120_000 },
  async () => {
    const parent = mkdtempSync(join(tmpdir(), 'killed-'));
    const directory = join(parent, 'keys');
    const told = new Set<string>();
    try {
      for (let kill = 0; kill < KILLS; kill++) {
        const child = spawn(process.execPath, [program, directory], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let printed = '';
        child.stdout.on('data', (text: Buffer) => (printed += text.toString()));
        await once(child.stdout, 'data');
        // A round of steps takes about that long.
        await delay(Math.random() * 30);
        child.kill('SIGKILL');
        await once(child, 'close');
        for (const kid of printed.split('\n').slice(0, -1)) told.add(kid);

        const keys = readManagedKeys(directory);
        expect(keys.map(({ key }) => key.kid)).toEqual(expect.arrayContaining([...told]));
        expect(keys.filter(({ state }) => state === 'in_use')).toHaveLength(1);
        const signing = loadSigningKey({ generate: 'ES256' }, directory)!.kid;
        expect(loadVerificationKeys({ generate: 'ES256' }, directory).keys.map((key) => key['kid'])).toContain(signing);
        const { key, previous } = await rotateKeys(directory);
        expect([key.state, previous.state, previous.key.kid]).toEqual(['in_use', 'previously_used', signing]);
        for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o077, name).toBe(0);
      }
      // Each time the program did get somewhere.
      expect(told.size).toBeGreaterThanOrEqual(KILLS);
    } finally {
      rmSync(parent, { recursive: true });
    }
  },
);

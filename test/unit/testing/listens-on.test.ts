import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as module from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { listensOn } from '../../../testing/servers/free-ports.ts';

const directory = mkdtempSync(join(tmpdir(), 'sockets-'));
const file = join(directory, 'tcp');
afterAll(() => rmSync(directory, { recursive: true }));

vi.mock(import('node:fs'), async (original) => {
  const actual = await original();
  const openSync: typeof module.openSync = (path, ...more) =>
    actual.openSync(path === '/proc/self/net/tcp' ? file : path, ...more);
  return { ...actual, openSync };
});

const user = { uid: 1001, gid: 1001 };
const HEADER = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const LISTENING = '0A';
const CONNECTED = '01';

const socket = (port: number, state: string, uid = user.uid) =>
  `   0: 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 4711 1 0000000000000000 100 0 0 10 0`;

const write = (sockets: readonly string[], width: number) =>
  writeFileSync(file, [HEADER, ...sockets].map((line) => `${line.padEnd(width)}\n`).join(''));

describe.skipIf(process.platform !== 'linux')('a server listens', () => {
  // Linux pads each line to 149 characters; other systems that have the file need not.
  describe.each([149, 0, 300])('in a list with lines of at least %d characters', (width) => {
    it.each([
      ['before connections', [socket(80, LISTENING), socket(81, LISTENING), socket(80, CONNECTED)]],
      // gVisor lists sockets in any order.
      [
        'after connections',
        [socket(80, CONNECTED), socket(81, LISTENING), socket(80, CONNECTED), socket(80, LISTENING)],
      ],
      ['beside another user', [socket(80, LISTENING, 1002), socket(80, LISTENING), socket(81, LISTENING)]],
    ])('%s', (_, sockets) => {
      write(sockets, width);
      expect(listensOn(1, [80, 81], user)).toBe(true);
    });

    it.each([
      ['with nothing but a connection', [socket(80, CONNECTED), socket(81, LISTENING)]],
      ['where another user does', [socket(80, LISTENING, 1002), socket(81, LISTENING)]],
      ['with one of two', [socket(80, LISTENING)]],
      ['where nobody does', []],
    ])('not %s', (_, sockets) => {
      write(sockets, width);
      expect(listensOn(1, [80, 81], user)).toBe(false);
    });
  });
});

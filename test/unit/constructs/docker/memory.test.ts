import { describe, expect, it } from 'vitest';
import {
  PostgresDatabase,
  type PostgresDatabaseProps,
  SecuredPostgrest,
  type ServerContainerProps,
} from '../../../../constructs/index.ts';
import { synth, testDeclaration, testStack } from '../../../support/synth.ts';

/** The default of a session, its stack and page tables. */
const SESSION = 136;
/** Default buffers, `/dev/shm`, and the server's own. */
const SHARED = 320;

function withServers(
  poolSize: number,
  props: ServerContainerProps = {},
  database: Partial<PostgresDatabaseProps> = {},
) {
  const { stack, secrets } = testStack();
  const postgres = new PostgresDatabase(stack, 'database', { name: 'todos', secrets, ...database });
  const add = (id: string) =>
    new SecuredPostgrest(stack, id, {
      declaration: testDeclaration({ name: id, server: { version: '16.2', poolSize } }),
      database: postgres,
      secrets,
      ...props,
    });
  return { stack, add };
}

const memoryOf = ({ stack }: ReturnType<typeof withServers>, path: string) => {
  const { memory, memory_swap } = synth(stack).block('docker_container', path);
  expect(memory_swap).toBe(memory);
  return memory;
};

describe('memory', () => {
  it.each([
    [1, 10],
    [2, 10],
    [3, 4],
  ])('of the database is enough for all sessions of %i servers with a pool of %i', (servers, poolSize) => {
    const app = withServers(poolSize, { servers });
    app.add('todos');
    expect(memoryOf(app, 'database/container')).toBe(SHARED + (servers * (poolSize + 1) + 4) * SESSION);
  });

  it('of the database is enough for two APIs', () => {
    const app = withServers(10);
    app.add('todos');
    app.add('notes');
    expect(memoryOf(app, 'database/container')).toBe(SHARED + (22 + 4) * SESSION);
  });

  it('of the database is refused where it is too little for the servers, and taken where it is just enough', () => {
    const needed = SHARED + (22 + 4) * SESSION;
    expect(() => withServers(10, { servers: 2 }, { memory: needed - 1 }).add('todos')).toThrow(
      /database\.memory: 3855 MB are too little: 22 connections of servers with 128 MB each need 3856 MB; .*poolSize.*\[invalid_prop\]/,
    );
    const app = withServers(10, { servers: 2 }, { memory: needed });
    app.add('todos');
    expect(memoryOf(app, 'database/container')).toBe(needed);
  });

  it('refuses more connections than the database takes, of all APIs together', () => {
    const { add } = withServers(40);
    add('todos');
    add('notes');
    expect(() => add('third')).toThrow(/third\/server: .*41 connections.*123.*97.*\[invalid_prop\]/);
  });

  it.each([
    [10, {}, 512, '-N1 -M358m'],
    [4, {}, 320, '-N1 -M224m'],
    [10, { memory: 1024, cpus: 2.5 }, 1024, '-N3 -M716m'],
    [10, { cpus: 0.5 }, 512, '-N1 -M358m'],
  ])('of a server with a pool of %i and %j is %i MB, which its runtime knows', (poolSize, props, memory, options) => {
    const app = withServers(poolSize, props);
    app.add('todos');
    expect(memoryOf(app, 'todos/server/api-1')).toBe(memory);
    const { env } = synth(app.stack).block('docker_container', 'todos/server/api-1') as { env: string[] };
    expect(env).toContain(`GHCRTS=${options}`);
  });

  it('of a server is refused where it is too little for its pool', () => {
    expect(() => withServers(20, { memory: 383 }).add('todos')).toThrow(
      /todos\/server\.memory: 383 MB are too little for a pool of 20 connections; give at least 384.*\[invalid_prop\]/,
    );
  });
});

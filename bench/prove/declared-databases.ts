import type { Declaration } from '../../declaration/types.ts';
import board from '../../examples/board/declaration.ts';
import existing from '../../examples/existing/declaration.ts';
import projects from '../../examples/projects/declaration.ts';
import todos from '../../examples/todos/declaration.ts';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';
import { startSource } from '../../testing/source.ts';
import type { ProvenDatabase } from './proven-database.ts';

/** A database that is made of a declaration. */
export function declaredDatabase(name: string, declaration: Declaration): ProvenDatabase {
  return {
    name,
    declaration,
    async run(work) {
      const source = await startSource(declaration);
      try {
        return await source.inCopy((connection) => work(connection as LocalConnection));
      } finally {
        await source.stop();
      }
    },
  };
}

/** Name of the database for which there are targets. */
export const PROJECTS = 'examples/projects';

/** Databases of the examples. */
export const examples: readonly ProvenDatabase[] = [
  declaredDatabase('examples/todos', todos),
  declaredDatabase('examples/board', board),
  declaredDatabase('examples/existing', existing),
  declaredDatabase(PROJECTS, projects),
];

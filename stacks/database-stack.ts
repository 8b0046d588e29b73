import type { Construct } from 'constructs';
import { type IPostgresDatabase, PostgresDatabase, type PostgresDatabaseProps } from '../constructs/index.ts';
import { QuietStack } from './quiet-stack.ts';

/**
 * The database. The next stack's provider connects to it even to plan. In a stack of its own, a plain deploy of all stacks
 * brings back a database that was lost.
 *
 * @example
 * const { database } = new DatabaseStack(new App(), 'todos-database', { name: 'todos', port: 5433 });
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unsupported_version`, `vulnerable_version`, `unreadable_secret`,
 * `insecure_secret_file`, `lost_secret`
 */
export class DatabaseStack extends QuietStack {
  readonly database: IPostgresDatabase;

  constructor(scope: Construct, id: string, props: PostgresDatabaseProps) {
    super(scope, id);
    this.database = new PostgresDatabase(this, 'database', props);
  }
}

import type { Construct } from 'constructs';
import { TerraformStack } from '../constructs/synth/cdk/core.ts';
import { type IPostgresDatabase, PostgresDatabase, type PostgresDatabaseProps } from '../constructs/index.ts';

/**
 * The database, in a stack of its own: the API's stack needs it running even to plan, so that a plain deploy of both
 * brings back a database that was lost.
 */
export class DatabaseStack extends TerraformStack {
  readonly database: IPostgresDatabase;

  constructor(scope: Construct, id: string, props: PostgresDatabaseProps) {
    super(scope, id);
    this.database = new PostgresDatabase(this, 'database', props);
  }
}

import { Construct } from 'constructs';
import { accessFingerprint } from '../compile/fingerprint.ts';
import type { Declaration } from '../declaration/types.ts';
import { type ITerraformDependable, Lazy } from './synth/cdk/core.ts';
import { dataResource } from './synth/data-resource.ts';
import { adminConnection } from './admin-connection.ts';
import { localExec, shellCommand } from './synth/cli-command.ts';
import type { IPostgresDatabase } from './postgres-database.ts';
import { synthesizedFile } from './synth/synthesized-file.ts';

export interface AccessSqlProps {
  readonly declaration: Declaration;
  readonly database: IPostgresDatabase;
  /** Resources that must exist first: the roles, and a database in the same stack. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Everything inside of the database: migrations, grants, policies and functions, brought to what is declared in one
 * audited transaction. Runs again when the declaration changes or the database becomes another one, after a failure with
 * the next deploy, and, where the app is observed, when the database is no longer as declared.
 *
 * @example
 * const access = new AccessSql(this, 'access', { declaration, database, dependsOn: roles.waitFor });
 */
export class AccessSql extends Construct {
  readonly waitFor: readonly ITerraformDependable[];
  /** Recorded by the run; another one starts a run. {@link observe} sets it. @default none is recorded */
  revision?: string;

  constructor(scope: Construct, id: string, props: AccessSqlProps) {
    super(scope, id);
    const { declaration, database } = props;
    const { file } = synthesizedFile(this, 'declaration.json', JSON.stringify(declaration, undefined, 2));
    const applied = dataResource(this, 'applied', {
      triggersReplace: {
        sql: accessFingerprint(declaration),
        database: database.identity,
        revision: Lazy.anyValue({ produce: () => this.revision }),
      },
      provisioners: [localExec(Lazy.stringValue({ produce: () => this.command(file, database) }))],
      dependsOn: [...props.dependsOn],
    });
    this.waitFor = [applied];
  }

  private command(file: string, database: IPostgresDatabase): string {
    const revision = this.revision === undefined ? [] : ['--revision', this.revision];
    return shellCommand('apply', '--declaration', file, ...revision, ...adminConnection(this, database));
  }
}

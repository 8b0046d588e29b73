import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataResource, type ITerraformDependable, TerraformStack } from 'cdktf';
import { addCustomSynthesis } from 'cdktf/lib/synthesize/synthesizer.js';
import { Construct } from 'constructs';
import { accessFingerprint } from '../apply/fingerprint.ts';
import type { Declaration } from '../declaration/types.ts';
import { adminConnection } from './admin-connection.ts';
import { cliProvisioner } from './cli-command.ts';
import type { IPostgresDatabase } from './postgres-database.ts';

export interface AccessSqlProps {
  readonly declaration: Declaration;
  readonly database: IPostgresDatabase;
  /** What must be there first: the roles, and the database where it is in the same stack. */
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * Everything inside of the database: migrations, grants, policies and functions, brought to what is declared in one
 * audited transaction. Runs again when the declaration changes or the database becomes another one, and, after a
 * failure, with the next deploy.
 *
 * @example
 * const access = new AccessSql(this, 'access', { declaration, database, dependsOn: roles.waitFor });
 */
export class AccessSql extends Construct {
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: AccessSqlProps) {
    super(scope, id);
    const { declaration, database } = props;
    const file = join('assets', TerraformStack.of(this).getLogicalId(this.node), 'declaration.json');
    addCustomSynthesis(this, {
      onSynthesize: ({ outdir, manifest }) => {
        const path = join(outdir, manifest.forStack(TerraformStack.of(this)).workingDirectory, file);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, JSON.stringify(declaration, undefined, 2));
      },
    });
    const applied = new DataResource(this, 'applied', {
      triggersReplace: { sql: accessFingerprint(declaration), database: database.identity },
      provisioners: [cliProvisioner('apply', '--declaration', file, ...adminConnection(this, database))],
      dependsOn: [...props.dependsOn],
    });
    this.waitFor = [applied];
  }
}

import { readFileSync } from 'node:fs';
import type { Difference } from '../apply/diff.ts';
import { observeDatabase, type ObservedDatabase } from '../apply/observe-database.ts';
import { isRevisionOf, newRevision } from '../apply/revision.ts';
import { statementLines } from '../apply/statement-lines.ts';
import type { Declaration } from '../declaration/types.ts';
import { type ErrorCode, refuse, SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { Annotations, type App, type TerraformResource, TerraformStack, Token } from './synth/cdk/core.ts';
import { Container, Network } from './synth/cdk/docker.ts';
import { Role } from './synth/cdk/postgresql.ts';
import { DatabaseAccess } from './database-access.ts';
import { refuseOtherMajor } from './docker/data-version.ts';
import { addressOf, Engine } from './docker/engine.ts';
import { adoptCommand, refuseForeign } from './docker/foreign-deployment.ts';
import { refuseForeignDeployments } from './docker/foreign-deployments.ts';
import { belongingOf } from './docker/labels.ts';
import { warnOfLeftOvers } from './docker/left-over.ts';
import { PostgresDatabase } from './postgres-database.ts';
import type { ISecretFile } from './secrets/secret-file.ts';

export interface ObserveOptions {
  /**
   * Check of each database that answers, before anything is deployed. What it throws stops the synthesis.
   * @default none
   */
  readonly check?: ((connection: DatabaseConnection, declaration: Declaration) => Promise<void>) | undefined;
}

/**
 * Looks at the Docker engine and the databases of an app before it is synthesized, so that a plain deploy repairs and
 * finishes more than Terraform's state knows of:
 *
 * - What is there, but may be missing in the state (a deploy was killed between making it and writing that down, or the
 *   state is lost) is taken over, with import blocks. They mean nothing for what the state has.
 * - What was changed by hand inside of a database starts a run of the access SQL.
 *
 * The synthesis lists the SQL that the deploy will run, as far as the database answers.
 *
 * A database image of another major version than the data in its volume is rejected, before the container is replaced.
 * A deploy that would replace what another secrets directory has deployed is rejected, and what this process has made of a new
 * secrets directory is removed. It adopts only containers and networks with the label of the same secrets directory, and roles without another
 * owner. It warns of containers that a killed deploy has left. If the engine or a database does not answer, the deploy reports that. It calls the engine through the `docker`
 * command.
 *
 * @example
 * const app = new App();
 * const stack = new TerraformStack(app, 'todos');
 * const database = new PostgresDatabase(stack, 'database', { name: declaration.name });
 * new SecuredPostgrest(stack, 'api', { declaration, database });
 * await observe(app);
 * app.synth();
 *
 * @throws SecuredPostgrestError `foreign_deployment`, `password_rejected`, `unsupported_database`, `transaction_pooler`,
 *   `missing_privilege`, `major_version_changed`, and what `check` throws
 */
export async function observe(app: App, options: ObserveOptions = {}): Promise<void> {
  const takeOver = new ImportBlocks();
  const engine = await Engine.of(app);
  refuseForeignDeployments(app, engine);
  warnOfLeftOvers(app, engine);
  for (const database of app.node.findAll().filter((node) => node instanceof PostgresDatabase)) {
    const address = addressOf(database.dockerProvider);
    if (address) refuseOtherMajor(address, database.data);
  }
  for (const resource of app.node.findAll()) {
    if (resource instanceof Container) takeOver.add(resource, ownId(engine, 'container', resource));
    if (resource instanceof Network) takeOver.add(resource, ownId(engine, 'network', resource));
    if (resource instanceof DatabaseAccess) await observeAccess(resource, takeOver, options);
  }
  takeOver.write();
}

/** Id of the object with the name that the resource asks for, where the same deployment has made it. */
function ownId(engine: Engine, kind: 'container' | 'network', resource: Container | Network): string | undefined {
  const object = engine.find(kind, resource);
  return object?.deployment === belongingOf(resource)?.deployment ? object?.id : undefined;
}

async function observeAccess(access: DatabaseAccess, takeOver: ImportBlocks, { check }: ObserveOptions): Promise<void> {
  const connection = connectionOf(access);
  const found = connection && (await look(access, connection));
  // Later, another deployment may have been restored from a backup of this database.
  if (found?.foreign !== undefined && !access.secrets.hasDeployed) refuseDatabase(access, found.foreign);
  if (connection && found) await check?.(connection, access.declaration);
  access.sql.revision = revision(access.secrets.identity, found);
  if (found?.difference) announce(access, found.difference);
  for (const role of access.node.findAll().filter((node) => node instanceof Role))
    takeOver.add(
      role,
      found?.roles.find((name) => name === role.nameInput),
    );
}

/** Has the SQL shown before the deploy asks for approval: the plan of Terraform has only a fingerprint of it. */
function announce(access: DatabaseAccess, difference: Difference): void {
  access.pendingSql = [
    ...difference.migrations.map((file) => `-- migration ${file}`),
    ...statementLines(difference.statements),
  ];
  Annotations.of(access).addInfo(['this deploy runs:', ...access.pendingSql].join('\n  '));
}

function refuseDatabase({ database, declaration, secrets }: DatabaseAccess, deployment: string): never {
  const identity = secrets.discard() ? undefined : secrets.identity;
  refuseForeign(secrets.path, identity, {
    kind: 'database',
    name: database.database,
    declaration: declaration.name,
    deployment,
    place: 'its private schema',
  });
}

/**
 * The recorded revision starts no run, a new one does. Where there is no answer it is always the same, so that
 * synthesizing elsewhere comes to the same result.
 */
function revision(deployment: string, found: ObservedDatabase | undefined): string {
  if (!found) return deployment;
  const { revision, asDeclared } = found;
  return asDeclared && isRevisionOf(deployment, revision) ? revision : newRevision(deployment);
}

/** Undefined where the address or the password is not known yet. */
function connectionOf({ database }: DatabaseAccess): DatabaseConnection | undefined {
  const { host, port, adminUser: user, adminPassword, sslmode, sslRootCertificate } = database;
  const password = readIfThere(adminPassword);
  if (Token.isUnresolved(host) || password === undefined) return undefined;
  return {
    host,
    port,
    database: database.database,
    user,
    password,
    sslmode,
    ...(sslRootCertificate && { sslRootCertificate: sslRootCertificate.path }),
  };
}

async function look(access: DatabaseAccess, connection: DatabaseConnection): Promise<ObservedDatabase | undefined> {
  const { database, declaration, secrets } = access;
  const { adminPassword } = database;
  try {
    return await observeDatabase(connection, declaration, secrets.identity);
  } catch (error) {
    if (codeOf(error) === '28P01') {
      refuse(
        'password_rejected',
        adminPassword.path,
        (error as Error).message.replace(/; check that.*/s, ''),
        `restore the newest backup of this file; without one: ${adoptCommand(declaration.name, secrets.identity, secrets.path)}`,
        error,
      );
    }
    if (error instanceof SecuredPostgrestError && REJECTED.includes(error.code)) throw error;
    if (!nobodyListens(error)) {
      Annotations.of(access).addWarning(`what was changed by hand is not looked for: ${(error as Error).message}`);
    }
    return undefined;
  }
}

/** Reasons for which a deploy would fail later, with roles already made or changed. */
const REJECTED: readonly ErrorCode[] = ['unsupported_database', 'transaction_pooler', 'missing_privilege'];

/** There is no database yet, or the deploy starts it again. */
function nobodyListens(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED';
}

function codeOf(error: unknown): string | undefined {
  return ((error as Error).cause as { code?: string } | undefined)?.code;
}

/** Where the file is missing, the deploy says so. */
function readIfThere(secret: ISecretFile): string | undefined {
  try {
    return readFileSync(secret.path, 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

/** Import blocks by stack. A resource's own `importFrom` would start Terraform each time, to ask for its version. */
class ImportBlocks {
  private readonly blocks = new Map<TerraformStack, { readonly to: string; readonly id: string }[]>();

  add(resource: TerraformResource, id: string | undefined): void {
    if (id === undefined) return;
    const stack = TerraformStack.of(resource);
    const to = `${resource.terraformResourceType}.${resource.friendlyUniqueId}`;
    this.blocks.set(stack, [...(this.blocks.get(stack) ?? []), { to, id }]);
  }

  write(): void {
    for (const [stack, blocks] of this.blocks) stack.addOverride('import', blocks);
  }
}

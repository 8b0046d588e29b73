import type { App } from '../constructs/synth/cdk/core.ts';
import {
  NGINX_IMAGE,
  type GatewayContainerProps,
  type ISecrets,
  type PostgresDatabaseProps,
  SecretsDirectory,
  type ServerContainerProps,
} from '../constructs/index.ts';
import type { Declaration } from '../declaration/index.ts';
import { AccessStack } from './access-stack.ts';
import { ApiStack } from './api-stack.ts';
import { DatabaseStack } from './database-stack.ts';
import { addSummary } from './deploy-summary.ts';

/** Options of the three stacks of a declaration. Each stack makes providers of its own. */
export interface SecuredPostgrestStacksProps {
  /** Secrets that the three stacks share. @default the secrets directory `.secrets/<the declaration's name>` */
  readonly secrets?: ISecrets;
  /** Options of the database's container. @default those of `PostgresDatabase`, with the declared `acceptedAdvisories` */
  readonly database?: Omit<PostgresDatabaseProps, 'name' | 'secrets' | 'dockerProvider'>;
  /** Options of the servers. The access stack pulls their `image` and sets their `connectionLimit`. @default those of `SecuredPostgrest` */
  readonly api?: Omit<ServerContainerProps, 'dockerProvider'>;
  /** Options of nginx in front of the servers. The access stack pulls its images. @default false */
  readonly gateway?: Omit<GatewayContainerProps, 'dockerProvider'> | false;
}

/** The three stacks of a declaration, in the order in which they are deployed. */
export interface SecuredPostgrestStacks {
  /** `<name>-database` */
  readonly database: DatabaseStack;
  /** `<name>-access` */
  readonly access: AccessStack;
  /** `<name>-api` */
  readonly api: ApiStack;
}

/**
 * Adds the three stacks of a declaration to an app, each deployed after the one before: `<name>-database`, `<name>-access` and
 * `<name>-api`.
 *
 * @example
 * const app = new App();
 * const { api } = addStacks(app, declaration, { database: { port: 5433 }, api: { port: 8080, servers: 2 } });
 * api.api.urls; // ['http://127.0.0.1:8080', 'http://127.0.0.1:8081']
 * await observe(app);
 * app.synth();
 *
 * @throws SecuredPostgrestError `invalid_prop`, `unsupported_version`, `vulnerable_version`, `unreadable_secret`,
 * `insecure_secret_file`, `lost_secret`, and what reading keys refuses
 */
export function addStacks(
  app: App,
  declaration: Declaration,
  props: SecuredPostgrestStacksProps = {},
): SecuredPostgrestStacks {
  const { name, acceptedAdvisories } = declaration;
  const { secrets = new SecretsDirectory({ name }), api = {}, gateway } = props;
  const database = new DatabaseStack(app, `${name}-database`, {
    ...(acceptedAdvisories && { acceptedAdvisories }),
    ...props.database,
    name,
    secrets,
  });
  const shared = { declaration, database: database.database, secrets };
  const access = new AccessStack(app, `${name}-access`, {
    ...shared,
    ...(api.image && { serverImage: api.image }),
    ...(gateway && { gatewayImage: gateway.image ?? NGINX_IMAGE }),
    ...(gateway && gateway.tokenOpener && { tokenOpenerImage: gateway.tokenOpener.image }),
    ...(api.connectionLimit !== undefined && { connectionLimit: api.connectionLimit }),
  });
  const servers = new ApiStack(app, `${name}-api`, {
    ...api,
    ...(gateway && { gateway }),
    ...shared,
    access: access.access,
  });
  addSummary(servers.api, access.access);
  return { database, access, api: servers };
}

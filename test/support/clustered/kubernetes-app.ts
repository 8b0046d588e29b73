// The app of a test deployment to a cluster: access, servers and, if it is wanted, a token service, a stack each.
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { loadDeclaration } from '../../../cli/load-declaration.ts';
import {
  DatabaseAccess,
  type ExistingPostgresDatabaseAttributes,
  KubernetesCluster,
  type KubernetesClusterProps,
  KubernetesPostgrest,
  type KubernetesPostgrestProps,
  KubernetesTokenService,
  type KubernetesTokenServiceProps,
  observe,
  PostgresDatabase,
} from '../../../constructs/index.ts';

/** What the variable `CLUSTERED` holds, as JSON. */
export interface Clustered {
  readonly database: ExistingPostgresDatabaseAttributes;
  readonly cluster: KubernetesClusterProps;
  readonly api: Partial<KubernetesPostgrestProps>;
  readonly tokenService?: Pick<KubernetesTokenServiceProps, 'image' | 'clients' | 'replicas' | 'trustProxy'>;
}

const app = new App();
const declaration = await loadDeclaration(process.env['DECLARATION']!);
const { database, cluster, api, tokenService } = JSON.parse(process.env['CLUSTERED']!) as Clustered;

const accessStack = new TerraformStack(app, 'access');
const access = new DatabaseAccess(accessStack, 'access', {
  declaration,
  database: PostgresDatabase.fromExisting(accessStack, 'database', database),
});

const stack = new TerraformStack(app, 'api');
const place = {
  declaration,
  database: PostgresDatabase.fromExisting(stack, 'database', database),
  cluster: new KubernetesCluster(stack, 'cluster', cluster),
};
const servers = new KubernetesPostgrest(stack, 'api', { ...api, ...place, access });
new TerraformOutput(stack, 'url', { value: servers.url });
if (tokenService) new KubernetesTokenService(stack, 'token-service', { ...tokenService, ...place, api: servers });
await observe(app);
app.synth();

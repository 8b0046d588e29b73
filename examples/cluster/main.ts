// From one container to a Kubernetes cluster: PLATFORM is `docker`, then `both`, then `kubernetes`. docs/kubernetes.md has the steps.
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import {
  DatabaseAccess,
  KubernetesCluster,
  KubernetesPostgrest,
  observe,
  PostgresDatabase,
  SecuredPostgrest,
} from '../../index.ts';
import declaration from '../existing/declaration.ts';

const {
  PLATFORM = 'docker',
  DATABASE_HOST = 'db.example.org',
  DATABASE_PORT = '5432',
  DATABASE_ADMIN = 'notes_admin',
  DATABASE_PASSWORD_FILE = 'database-password',
  DATABASE_ROOT_CERTIFICATE,
  // A Docker network from which the container reaches the database.
  DATABASE_NETWORK,
  POSTGREST_IMAGE,
  GATEWAY_IMAGE,
  API_PORT = '3000',
  // `no`: an admin of the cluster has made it.
  CREATE_NAMESPACE = 'yes',
} = process.env;

if (!['docker', 'both', 'kubernetes'].includes(PLATFORM)) {
  throw new Error(`PLATFORM: "${PLATFORM}" is none of docker, both and kubernetes`);
}

const app = new App();

// One stack of roles and access SQL for all servers, wherever they run.
const accessStack = new TerraformStack(app, 'access');
const database = PostgresDatabase.fromExisting(accessStack, 'database', {
  host: DATABASE_HOST,
  port: Number(DATABASE_PORT),
  database: 'notes',
  // LOGIN and CREATEROLE, owner of the database "notes"; no superuser.
  adminUser: DATABASE_ADMIN,
  adminPasswordFile: DATABASE_PASSWORD_FILE,
  ...(DATABASE_ROOT_CERTIFICATE && { sslmode: 'verify-full', sslRootCertificateFile: DATABASE_ROOT_CERTIFICATE }),
  ...(DATABASE_NETWORK && { network: DATABASE_NETWORK }),
});
const access = new DatabaseAccess(accessStack, 'access', { declaration, database });
const api = { declaration, database, access, ...(POSTGREST_IMAGE && { image: POSTGREST_IMAGE }) };

if (PLATFORM !== 'kubernetes') {
  const stack = new TerraformStack(app, 'docker');
  const notes = new SecuredPostgrest(stack, 'notes', { ...api, port: Number(API_PORT) });
  new TerraformOutput(stack, 'docker_url', { value: notes.url });
}

if (PLATFORM !== 'docker') {
  const stack = new TerraformStack(app, 'cluster');
  const cluster = new KubernetesCluster(stack, 'cluster', {
    namespace: 'notes',
    createNamespace: CREATE_NAMESPACE !== 'no',
  });
  const notes = new KubernetesPostgrest(stack, 'notes', {
    ...api,
    cluster,
    gateway: { certificate: 'self-signed', ...(GATEWAY_IMAGE && { image: GATEWAY_IMAGE }) },
  });
  new TerraformOutput(stack, 'cluster_url', { value: notes.url });
}

await observe(app);
app.synth();

// A stack of your own, with other things in it, and a Postgres that is there already: RDS, Cloud SQL, a server.
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { observe, PostgresDatabase, SecuredPostgrest } from '../../index.ts';
import declaration from './declaration.ts';

const {
  DATABASE_HOST = '127.0.0.1',
  DATABASE_PORT = '5432',
  DATABASE_ADMIN = 'notes_admin',
  DATABASE_PASSWORD_FILE = 'database-password',
  // Of the authority that has signed the server's certificate; RDS and Cloud SQL have one to download.
  DATABASE_ROOT_CERTIFICATE,
  // How the containers reach it, where that differs.
  DATABASE_INTERNAL_HOST,
  DATABASE_INTERNAL_PORT,
  DATABASE_NETWORK,
  POSTGREST_IMAGE,
  API_PORT = '3000',
} = process.env;

const app = new App();
const stack = new TerraformStack(app, 'platform');

const database = PostgresDatabase.fromExisting(stack, 'database', {
  host: DATABASE_HOST,
  port: Number(DATABASE_PORT),
  database: 'notes',
  // LOGIN and CREATEROLE, owner of the database "notes"; no superuser.
  adminUser: DATABASE_ADMIN,
  adminPasswordFile: DATABASE_PASSWORD_FILE,
  ...(DATABASE_ROOT_CERTIFICATE && { sslmode: 'verify-full', sslRootCertificateFile: DATABASE_ROOT_CERTIFICATE }),
  ...(DATABASE_INTERNAL_HOST && { internalHost: DATABASE_INTERNAL_HOST }),
  ...(DATABASE_INTERNAL_PORT && { internalPort: Number(DATABASE_INTERNAL_PORT) }),
  ...(DATABASE_NETWORK && { network: DATABASE_NETWORK }),
});

const notes = new SecuredPostgrest(stack, 'notes', {
  declaration,
  database,
  port: Number(API_PORT),
  ...(POSTGREST_IMAGE && { image: POSTGREST_IMAGE }),
});

new TerraformOutput(stack, 'notes_url', { value: notes.url });
await observe(app);
app.synth();

// A database, an API, a token service whose users sign in with a password, and one address for both.
import { App, TerraformOutput, TerraformStack } from 'cdktf';
import { observe, PostgresDatabase, SecretsDirectory, SecuredPostgrest, TokenService } from '../../index.ts';
import declaration from './declaration.ts';

const {
  POSTGRES_IMAGE,
  POSTGREST_IMAGE,
  TOKEN_SERVICE_IMAGE = 'board-token-service',
  GATEWAY_IMAGE,
  GATEWAY_STATUS_PORT = '8081',
  // Files of the certificate of the issuer's host.
  CERTIFICATE_FILE,
  KEY_FILE,
  DATABASE_PORT = '5432',
  API_PORT = '3000',
  TOKEN_SERVICE_PORT = '8090',
  // Where the app's users return to when they have signed in.
  SIGNED_IN_URL = 'https://app.example.org/signed-in',
} = process.env;

const { name } = declaration;
const app = new App();
const secrets = new SecretsDirectory({ name });

const databaseStack = new TerraformStack(app, `${name}-database`);
const database = new PostgresDatabase(databaseStack, 'database', {
  name,
  secrets,
  port: Number(DATABASE_PORT),
  ...(POSTGRES_IMAGE && { image: POSTGRES_IMAGE }),
});

const apiStack = new TerraformStack(app, `${name}-api`);
const api = new SecuredPostgrest(apiStack, 'api', {
  declaration,
  database,
  secrets,
  ...(POSTGREST_IMAGE && { image: POSTGREST_IMAGE }),
  gateway: {
    port: Number(API_PORT),
    statusPort: Number(GATEWAY_STATUS_PORT),
    tokenService: true,
    ...(GATEWAY_IMAGE && { image: GATEWAY_IMAGE }),
    ...(CERTIFICATE_FILE && KEY_FILE && { certificate: { certificateFile: CERTIFICATE_FILE, keyFile: KEY_FILE } }),
  },
});
new TokenService(apiStack, 'token-service', {
  declaration,
  database,
  api,
  secrets,
  image: TOKEN_SERVICE_IMAGE,
  port: Number(TOKEN_SERVICE_PORT),
  // Clients reach it through the gateway, which sets X-Forwarded-For.
  bindAddress: '127.0.0.1',
  trustProxy: true,
  clients: [{ id: 'web', redirectUris: [SIGNED_IN_URL] }],
  // A role that is taken away may still be used for that long.
  lifetimes: { accessToken: 600 },
});

new TerraformOutput(apiStack, 'url', { value: api.url });
new TerraformOutput(apiStack, 'token_service_url', { value: declaration.tokens.issuer });
await observe(app);
app.synth();

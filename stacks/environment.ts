/** What the environment may decide about a deploy, so that images and ports need no change of code. */
export interface DeployEnvironment {
  readonly postgresImage?: string;
  readonly postgrestImage?: string;
  readonly databasePort?: number;
  readonly apiPort?: number;
  readonly servers?: number;
  readonly secretsDirectory?: string;
}

/** Reads `POSTGRES_IMAGE`, `POSTGREST_IMAGE`, `DATABASE_PORT`, `API_PORT`, `API_SERVERS` and `SECRETS_DIRECTORY`. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): DeployEnvironment {
  return {
    ...(env['POSTGRES_IMAGE'] && { postgresImage: env['POSTGRES_IMAGE'] }),
    ...(env['POSTGREST_IMAGE'] && { postgrestImage: env['POSTGREST_IMAGE'] }),
    ...(env['DATABASE_PORT'] && { databasePort: Number(env['DATABASE_PORT']) }),
    ...(env['API_PORT'] && { apiPort: Number(env['API_PORT']) }),
    ...(env['API_SERVERS'] && { servers: Number(env['API_SERVERS']) }),
    ...(env['SECRETS_DIRECTORY'] && { secretsDirectory: env['SECRETS_DIRECTORY'] }),
  };
}

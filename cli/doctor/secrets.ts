import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseContainer } from '../../constructs/secrets/admin-password.ts';
import { readIdentity } from '../../constructs/secrets/deployment-identity.ts';
import { engineObjects } from '../../constructs/docker/engine-objects.ts';
import { adoptCommand, foreignDeployment, foreignObject } from '../../constructs/docker/foreign-deployment.ts';
import { stateObjects } from '../../constructs/synth/local-state.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { checkPrivateDirectory, readPrivateFile, readTrustedFile } from '../../files/private-files.ts';
import { type CheckResult, resultsOf } from './check-result.ts';

const { ok, problem } = resultsOf('secrets');

/** Checks who can reach the secrets, and if they belong to the deployment. */
export async function checkSecrets(
  engine: readonly string[] | undefined,
  name: string,
  directory: string,
): Promise<CheckResult[]> {
  const refused = existsSync(directory) ? checkFiles(directory) : [];
  if (refused.length > 0) return refused;
  const identity = readIdentity(directory);
  const own = { name, ...(identity !== undefined && { deployment: identity }) };
  const object = foreignObject(own, await deployedObjects(engine, name));
  if (object) {
    const { problem: message, fix } = foreignDeployment(directory, identity, object);
    return [problem(message, fix)];
  }
  if (identity === undefined) {
    const state = existsSync(directory) ? 'was not deployed yet' : 'is new';
    return [ok(`${directory} ${state}: the deploy makes the secrets that it lacks`)];
  }
  return engine && !passwordFits(engine, name, directory)
    ? [
        problem(
          `the database of ${name}-postgres rejects ${join(directory, 'admin-password')}`,
          `restore the newest backup of this file; without one: ${adoptCommand(name, identity, directory)}`,
        ),
      ]
    : [ok(`${directory} is deployment ${identity}`)];
}

function checkFiles(directory: string): CheckResult[] {
  const keys = join(directory, 'keys');
  const directories = [directory, ...(existsSync(keys) ? [keys] : [])];
  const files = directories.flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)));
  return [
    ...directories.map((path) => () => checkPrivateDirectory(path)),
    // States and public keys are no secrets.
    ...files
      .filter((path) => !lstatSync(path).isDirectory())
      .map((path) => () => (/(states-\d+|provider)\.json$/.test(path) ? readTrustedFile(path) : readPrivateFile(path))),
  ].flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      if (!(error instanceof SecuredPostgrestError)) throw error;
      return [problem(`${error.place}: ${error.problem}`, error.fix)];
    }
  });
}

async function deployedObjects(engine: readonly string[] | undefined, name: string) {
  const onEngine = (engine && (await engineObjects(engine))) ?? [];
  const files = readdirSync('.').filter((file) => file.endsWith('.tfstate'));
  return [
    ...onEngine.map((object) => ({ ...object, place: 'the Docker engine' })),
    ...files.flatMap((file) => stateObjects(file).map((object) => ({ ...object, place: file }))),
  ].filter(({ declaration }) => declaration === name);
}

function passwordFits(engine: readonly string[], name: string, directory: string): boolean {
  const password = readPrivateFile(join(directory, 'admin-password'));
  const database = new DatabaseContainer(engine, `${name}-postgres`);
  return password === undefined || !database.answers || database.accepts(password);
}

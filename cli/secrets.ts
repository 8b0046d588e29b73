import { join } from 'node:path';
import type { Command } from 'commander';
import { adoptDeployment } from '../constructs/secrets/adopt-deployment.ts';

interface AdoptOptions {
  readonly name: string;
  readonly deployment: string;
  readonly directory?: string;
  readonly engine: boolean;
}

const PASSWORD = {
  accepted: 'the database accepts the admin password',
  set: 'the database has a new admin password',
  unchecked: 'the database does not answer: start its container and run this again, to have the admin password checked',
  none: 'the database is in no container: its admin password is the one that you keep',
};

export function addSecretsCommand(program: Command): void {
  program
    .command('secrets')
    .description('recover the secrets directory of a deployment')
    .command('adopt')
    .description('take over a deployment whose secrets directory is lost; its data is kept, its signing keys are not')
    .requiredOption('--name <name>', "the declaration's name")
    .requiredOption('--deployment <identity>', 'the deployment, as the rejected deploy names it')
    .option('--directory <dir>', 'the secrets directory (default: .secrets/<name>)')
    .option('--no-engine', 'recover nothing from a Docker engine')
    .action(async ({ name, deployment, directory = join('.secrets', name), engine }: AdoptOptions) => {
      const { recovered, adminPassword } = await adoptDeployment({ name, deployment, directory, engine });
      for (const file of recovered) console.log(`recovered ${file}`);
      console.log(PASSWORD[adminPassword]);
      console.log(`${directory} is deployment ${deployment} from now on: back it up, and deploy`);
    });
}

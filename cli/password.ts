import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { changeOver } from '../apply/change-over.ts';
import { addConnectionOptions } from './connection.ts';
import { commandConnection } from './named-connection.ts';
import { DATABASE_ARGUMENT } from './named-sources.ts';

interface FinishOptions {
  readonly directory: string;
  readonly authenticator: string;
}

export function addPasswordCommand(program: Command): void {
  const password = program
    .command('password')
    .description('rotate the password that the servers connect to the database with');

  password
    .command('rotate')
    .description('make a new password, which the next deploy gives to the servers')
    .requiredOption('--directory <dir>', 'the secrets directory, such as .secrets/todos')
    .action(async ({ directory }: { readonly directory: string }) => {
      (await loginsIn(directory)).rotate();
      console.log('deploy now: until the servers have changed over, both passwords are good');
    });

  addConnectionOptions(
    password
      .command('finish')
      .description('disable the previous password; a deploy does that once the servers use the new one')
      .argument('[database]', DATABASE_ARGUMENT)
      .requiredOption('--directory <dir>', 'the secrets directory')
      .requiredOption('--authenticator <name>', 'the login role of the declaration'),
  ).action(async (uri: string | undefined, { directory, authenticator }: FinishOptions, command: Command) => {
    const connection = commandConnection(command, { uri });
    const logins = await loginsIn(directory);
    const all = logins.all(authenticator);
    const [to, from] = [all.find(({ inUse }) => inUse), all.find(({ inUse }) => !inUse)];
    if (to && from) {
      const login = { user: to.role, password: readFileSync(to.password.path, 'utf8') };
      await changeOver(connection, login, from.role);
    }
    logins.deployed();
  });
}

/** Loaded when it is needed: it brings cdktf, which is slow to load, and not there where nothing is deployed. */
async function loginsIn(directory: string) {
  const { AuthenticatorLogins } = await import('../constructs/secrets/authenticator-logins.ts');
  return new AuthenticatorLogins(directory);
}

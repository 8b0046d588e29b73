import { Option, type Command } from 'commander';
import { revokeTokens } from '../apply/revoke-tokens.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { addConnectionOptions } from './connection.ts';
import { loadDeclaration } from './load-declaration.ts';
import { commandConnection } from './named-connection.ts';
import { DATABASE_ARGUMENT } from './named-sources.ts';
import { parseTime } from './parse-time.ts';

/** The database keeps a revocation for so long after the token has expired. */
const KEPT_MS = 60_000;

interface RevokeOptions {
  readonly jti?: string;
  readonly subject?: string;
  readonly expiresAt?: Date;
}

export function addTokenRevokeCommand(token: Command): void {
  addConnectionOptions(
    token
      .command('revoke')
      .description('revoke a token, or all tokens of a subject that were issued until now')
      .argument('<declaration>', 'module or JSON file with the declaration')
      .argument('[database]', DATABASE_ARGUMENT)
      .option('--jti <id>', 'the name of the token')
      .option('--expires-at <time>', 'when it expires, such as 2027-01-31T12:00:00Z (default: never)', parseTime)
      .addOption(
        new Option('--subject <name>', 'whom the tokens are about, as the declared claim says').conflicts([
          'jti',
          'expiresAt',
        ]),
      ),
  ).action(
    async (file: string, uri: string | undefined, { jti, subject, expiresAt }: RevokeOptions, command: Command) => {
      if (expiresAt && expiresAt.getTime() < Date.now() - KEPT_MS) {
        const problem = `${expiresAt.toISOString()} has passed, and the revocation would end at once`;
        refuse('invalid_prop', '--expires-at', problem, 'give the `exp` of the token, or leave it out');
      }
      const connection = commandConnection(command, { uri });
      const declaration = await loadDeclaration(file);
      if (subject !== undefined) {
        await revokeTokens(connection, declaration, { subject });
        console.log(`revoked: tokens about ${subject} that were issued until now`);
      } else if (jti !== undefined) {
        await revokeTokens(connection, declaration, { tokenId: jti, ...(expiresAt && { expiresAt }) });
        console.log(`revoked: the token ${jti}`);
      } else {
        command.error('error: name the token with --jti, or whom it is about with --subject');
      }
    },
  );
}

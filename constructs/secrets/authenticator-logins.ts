import { join } from 'node:path';
import { scramVerifier, verifierMatches } from '../../postgres/scram-verifier.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { secondLogin } from '../../declaration/roles.ts';
import { checkPrivateDirectory } from '../../files/private-files.ts';
import { createFile, replaceFile } from '../../files/whole-files.ts';
import { randomSecret, read, readIfThere } from './secret-files.ts';
import { SecretFile } from './secret-file.ts';

/** A role that PostgREST signs in to the database as, or did before the password was rotated. */
export interface AuthenticatorLogin {
  readonly role: string;
  readonly password: SecretFile;
  /** SCRAM verifiers of the logins. The password of an unused login is random and not stored. */
  readonly verifier: SecretFile;
  readonly inUse: boolean;
}

/**
 * The logins of an authenticator in a secrets directory. A role has one password, so that changing it would refuse every new
 * connection until the servers know it, and PostgREST ends when it is refused. So there are two logins, and a rotation gives
 * the other one a new password: both are good until the servers have changed over.
 */
export class AuthenticatorLogins {
  private readonly directory: string;

  /**
   * @param directory the secrets directory
   * @throws SecuredPostgrestError `insecure_secret_file`
   */
  constructor(directory: string) {
    this.directory = directory;
    checkPrivateDirectory(directory);
  }

  /** Password of the login in use; made with the first call. */
  get password(): SecretFile {
    return this.passwordOf(this.inUse);
  }

  /** The login itself, and the second one where there was a rotation. */
  all(authenticator: string): AuthenticatorLogin[] {
    const numbers = readIfThere(this.path('authenticator-2-password')) === undefined ? ['1'] : ['1', '2'];
    return numbers.map((number) => ({
      role: number === '1' ? authenticator : secondLogin(authenticator),
      password: this.passwordOf(number),
      verifier: this.verifierOf(number),
      inUse: number === this.inUse,
    }));
  }

  /**
   * Has the servers sign in with the other login and a new password, from the next deploy on.
   *
   * @throws SecuredPostgrestError `unreadable_secret`; `password_not_deployed` after a rotation that no deploy has finished
   */
  rotate(): void {
    const { inUse } = this;
    if (readIfThere(this.path('authenticator-password')) === undefined) {
      refuse('unreadable_secret', this.directory, 'there is no password yet', 'deploy first, which makes one');
    }
    if (inUse !== (readIfThere(this.path('authenticator-deployed')) ?? '1')) {
      refuse(
        'password_not_deployed',
        this.directory,
        'no deploy has finished since the last rotation',
        'deploy; if the password may be known to others, rotate and deploy again then',
      );
    }
    const next = inUse === '1' ? '2' : '1';
    replaceFile(this.path(next === '1' ? 'authenticator-password' : 'authenticator-2-password'), randomSecret());
    replaceFile(this.path('authenticator-in-use'), next);
  }

  /** Records that all servers use the present login. */
  deployed(): void {
    replaceFile(this.path('authenticator-deployed'), this.inUse);
  }

  private get inUse(): string {
    return readIfThere(this.path('authenticator-in-use')) ?? '1';
  }

  private passwordOf(number: string): SecretFile {
    const path = this.path(number === '1' ? 'authenticator-password' : 'authenticator-2-password');
    if (readIfThere(path) === undefined) createFile(path, randomSecret());
    return new SecretFile(path);
  }

  private verifierOf(number: string): SecretFile {
    const path = this.path(number === '1' ? 'authenticator-verifier' : 'authenticator-2-verifier');
    const password = read(this.passwordOf(number).path);
    const present = readIfThere(path);
    const fits = verifierMatches(present ?? '', password);
    if (number === this.inUse && !fits) replaceFile(path, scramVerifier(password));
    // Should the role be made anew, such as after the database was lost; there is none where a rotation was cut off.
    if (number !== this.inUse && (fits || present === undefined)) replaceFile(path, scramVerifier(randomSecret()));
    return new SecretFile(path);
  }

  private path(name: string): string {
    return join(this.directory, name);
  }
}

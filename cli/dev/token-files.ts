import { createServerDirectory } from '../../testing/servers/server-directory.ts';

/** Files that hand tokens to programs, such as `curl -H @file`: a token is too long to be read. */
export interface TokenFiles extends AsyncDisposable {
  /** Writes the header with a role's token, and returns the path of the file. */
  write(role: string, token: string): string;
}

/** Makes a directory that only this user can read; it goes with this process. */
export function createTokenFiles(): TokenFiles {
  const directory = createServerDirectory();
  const names = new Map<string, string>();
  const nameOf = (role: string) => {
    const plain = role.replaceAll(/\W/g, '_');
    const isTaken = [...names.values()].includes(plain);
    return isTaken ? `${plain}_${names.size}` : plain;
  };
  return {
    write(role, token) {
      const name = names.get(role) ?? nameOf(role);
      names.set(role, name);
      return directory.writeSecret(`${name}.header`, `Authorization: Bearer ${token}\n`);
    },
    [Symbol.asyncDispose]: () => directory.remove(),
  };
}

/** A token as it can be told from others. */
export function shortToken(token: string): string {
  return token.length <= 24 ? token : `${token.slice(0, 10)}...${token.slice(-6)}`;
}

/** A privilege of a role other than the object's owner; PUBLIC is the grantee `public`. */
export interface Grant {
  readonly grantee: string;
  readonly privilege: string;
  readonly grantable: boolean;
}

/** Letters of Postgres' documentation, chapter "Privileges". */
const PRIVILEGES: Readonly<Record<string, string>> = {
  r: 'SELECT',
  a: 'INSERT',
  w: 'UPDATE',
  d: 'DELETE',
  D: 'TRUNCATE',
  x: 'REFERENCES',
  t: 'TRIGGER',
  m: 'MAINTAIN',
  X: 'EXECUTE',
  U: 'USAGE',
  C: 'CREATE',
  c: 'CONNECT',
  T: 'TEMPORARY',
  s: 'SET',
  A: 'ALTER SYSTEM',
};

/** `grantee=privileges/grantor`, with quotes around names that are not plain. PUBLIC has an empty name. */
const ACL_ITEM = /^(?:"((?:[^"]|"")+)"|([^"=]*))=((?:[A-Za-z]\*?)*)\//;

/**
 * Grants to others than the owner, from an `aclitem[]` as text. To have the server take it apart would cost more
 * than all the rest of reading a large database.
 */
export function grantsFrom(acl: readonly string[] | null, owner: string): Grant[] {
  return (acl ?? []).flatMap((item) => {
    const parts = ACL_ITEM.exec(item);
    if (!parts) throw new Error(`not understood: the access privileges ${item}`);
    const [, quoted, plain, letters = ''] = parts;
    const grantee = quoted?.replaceAll('""', '"') ?? (plain || 'public');
    if (grantee === owner) return [];
    return [...letters.matchAll(/([A-Za-z])(\*?)/g)].map(([, letter = '', option]) => ({
      grantee,
      // Privileges that are newer than this list count too.
      privilege: PRIVILEGES[letter] ?? letter,
      grantable: option === '*',
    }));
  });
}

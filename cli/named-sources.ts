import { refuse } from '../errors/secured-postgrest-error.ts';
import { visible } from '../errors/visible.ts';
import { isUri } from './database-uri.ts';

/** Description of the argument that names a database. */
export const DATABASE_ARGUMENT = 'postgresql://user@host:5432/name (default: DATABASE_URL)';

/** Arguments of a command that takes a declaration and a database. */
export interface NamedSources {
  /** File with the declaration. */
  readonly file: string | undefined;
  /** @default the database is named in another way, or not at all */
  readonly uri: string | undefined;
}

/**
 * Tells a file from a URI, in either order.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function namedSources(
  given: readonly (string | undefined)[],
  { declaration, place }: { readonly declaration?: string | undefined; readonly place: string },
): NamedSources {
  const named = given.filter((one) => one !== undefined);
  const [uri, ...moreUris] = named.filter(isUri);
  const files = [...named.filter((one) => !isUri(one)), ...(declaration === undefined ? [] : [declaration])];
  const [file, ...moreFiles] = files;
  if (moreFiles.length > 0) {
    refuse('invalid_prop', place, `${files.map(visible).join(' and ')} are two declarations`, 'name one of them');
  }
  if (moreUris.length > 0) refuse('invalid_prop', place, 'two databases are named', 'name one of them');
  return { file, uri };
}

/**
 * Does so for a command that needs a declaration.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function comparedSources(
  ...[given, options]: Parameters<typeof namedSources>
): NamedSources & { readonly file: string } {
  const { file, uri } = namedSources(given, options);
  if (file !== undefined) return { file, uri };
  const { place } = options;
  refuse('invalid_prop', place, 'it is not said which declaration', `give its file: ${place} declaration.ts`);
}

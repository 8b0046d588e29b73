import { didYouMean } from '../errors/did-you-mean.ts';
import { refuse, SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import type { CatalogType } from '../postgres/catalog/catalog.ts';

/** Names the values of an enum in an error about another one. Other errors stay as they are. */
export function nameEnumValues(error: unknown, types: readonly CatalogType[]): never {
  if (!(error instanceof SecuredPostgrestError)) throw error;
  const message = error.cause instanceof Error ? error.cause.message : '';
  const [, name, value = ''] = /^invalid input value for enum (.+): "(.*)"$/s.exec(message) ?? [];
  const labels = types.find((type) => name === `${type.schema}.${type.name}` || name === type.name)?.labels;
  if (!labels) throw error;
  const problem = `"${value}" is no value of the enum ${name}${didYouMean(value, labels)}`;
  refuse(error.code, error.place, problem, `use one of ${labels.join(', ')}`, error.cause);
}

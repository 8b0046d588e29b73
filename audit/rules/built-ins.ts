import type { CatalogBuiltInChange } from '../../postgres/catalog/catalog.ts';
import type { FindingObject } from '../finding-object.ts';
import { run } from '../fix.ts';
import type { CatalogRule } from '../rule.ts';

export const builtInCast: CatalogRule = {
  id: 'built_in_cast',
  levels: ['error'],
  subject: 'the server',
  why: "A cast between two of Postgres' own types changes what policies and functions compare.",
  fix: 'Drop the cast.',
  check: ({ catalog }) =>
    catalog.builtInChanges
      .filter(({ cast }) => cast)
      .map((change) => ({
        object: changedObject(change),
        problem: "decides what a conversion between Postgres' own types gives",
        fix: run(change.command),
      })),
};

export const builtInChanged: CatalogRule = {
  id: 'built_in_changed',
  levels: ['warning'],
  subject: 'the server',
  why:
    'Neither initdb nor an extension made this object in `pg_catalog`. ' +
    "A policy or a function that names one of Postgres' own may get this object instead.",
  fix: 'Drop the object.',
  check: ({ catalog }) =>
    catalog.builtInChanges
      .filter(({ cast }) => !cast)
      .map((change) => ({
        object: changedObject(change),
        problem: "is not Postgres' own, and stands among its own",
        fix: run(change.command),
      })),
};

function changedObject({ object: text, kind, schema, identity }: CatalogBuiltInChange): FindingObject {
  return { kind, ...(schema !== null && { schema }), name: identity, text };
}

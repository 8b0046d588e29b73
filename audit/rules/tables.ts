import { isGranted, isTable, sqlName } from '../relations.ts';
import { fix } from '../fix.ts';
import { relationObject } from '../finding-object.ts';
import type { Audited, CatalogRule } from '../rule.ts';

const granted = ({ catalog }: Audited) =>
  catalog.relations.filter((relation) => isTable(relation) && isGranted(relation));

export const rlsDisabled: CatalogRule = {
  id: 'rls_disabled',
  levels: ['error'],
  subject: 'tables',
  why: 'A grant on a table without row security shows every row.',
  fix: 'Declare it as a table, and apply the declaration.',
  check: (audited) =>
    granted(audited)
      .filter(({ row_security }) => !row_security)
      .map((table) => ({
        object: relationObject(table),
        problem: 'is granted without row security',
        fix: fix('declare it as a table, and deploy', `ALTER TABLE ${sqlName(table)} ENABLE ROW LEVEL SECURITY`),
      })),
};

export const rlsNotForced: CatalogRule = {
  id: 'rls_not_forced',
  levels: ['error'],
  subject: 'tables',
  why: 'Policies do not bind the owner of the table, nor the functions that run with its rights.',
  fix: 'Declare it as a table, and apply the declaration.',
  check: (audited) =>
    granted(audited)
      .filter(({ force_row_security }) => !force_row_security)
      .map((table) => ({
        object: relationObject(table),
        problem: 'does not bind its owner',
        fix: fix('declare it as a table, and deploy', `ALTER TABLE ${sqlName(table)} FORCE ROW LEVEL SECURITY`),
      })),
};

export const noPolicy: CatalogRule = {
  id: 'no_policy',
  levels: ['error'],
  subject: 'tables',
  why: 'A role has a grant, and no policy says which rows it may reach.',
  fix: 'Declare a policy.',
  check: (audited) => {
    const withPolicy = new Set(audited.catalog.policies.map(({ schema, table }) => `${schema}.${table}`));
    return granted(audited)
      .map(relationObject)
      .filter(({ text }) => !withPolicy.has(text))
      .map((object) => ({
        object,
        problem: 'is granted and has no policy',
        fix: fix('declare it as a table with a policy'),
      }));
  },
};

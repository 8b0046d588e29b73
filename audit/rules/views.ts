import type { CatalogRelation } from '../../postgres/catalog/catalog.ts';
import { relationObject } from '../finding-object.ts';
import { fix, run } from '../fix.ts';
import { isGranted, sqlName } from '../relations.ts';
import type { CatalogRule, Found } from '../rule.ts';

export const viewBypassesPolicies: CatalogRule = {
  id: 'view_bypasses_policies',
  levels: ['error'],
  subject: 'views',
  why:
    "A view runs with its owner's rights, unless it is security_invoker. " +
    'Materialized views and foreign tables can have no policies.',
  fix: 'Set security_invoker on the view. Put a view or a function before a materialized view or a foreign table.',
  check: ({ catalog }) =>
    catalog.relations
      .filter(isGranted)
      .flatMap((relation) => reasons(relation).map((reason) => ({ object: relationObject(relation), ...reason }))),
};

function reasons(relation: CatalogRelation): Pick<Found, 'problem' | 'fix'>[] {
  switch (relation.kind) {
    case 'v':
      if (relation.security_invoker) return [];
      return [
        {
          problem: "runs with its owner's rights",
          fix: run(`ALTER VIEW ${sqlName(relation)} SET (security_invoker = true)`),
        },
      ];
    case 'm':
    case 'f':
      return [
        {
          problem: `is a ${relation.kind === 'm' ? 'materialized view' : 'foreign table'}, which no policy can protect`,
          fix: fix('put a view or a function before it'),
        },
      ];
    case 'r':
    case 'p':
    case 'S':
      return [];
  }
}

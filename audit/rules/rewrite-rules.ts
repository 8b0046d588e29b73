import { quoteIdentifier } from '../../postgres/quote.ts';
import { partObject } from '../finding-object.ts';
import { run } from '../fix.ts';
import { sqlName } from '../relations.ts';
import type { CatalogRule } from '../rule.ts';

export const rewriteRule: CatalogRule = {
  id: 'rewrite_rule',
  levels: ['error'],
  subject: 'triggers and rules',
  why: "The commands of a rule run with the rights of the table's owner, on any tables that they name.",
  fix: 'Drop the rule, and use a trigger.',
  check: ({ catalog }) =>
    catalog.rules.map((rule) => ({
      object: partObject('rule', rule),
      problem: "runs with its owner's rights",
      fix: run(
        `DROP RULE ${quoteIdentifier(rule.name)} ON ${sqlName({ schema: rule.schema, name: rule.table })}`,
        ', and use a trigger',
      ),
    })),
};

import { quoteIdentifier } from '../../postgres/quote.ts';
import { relationObject } from '../finding-object.ts';
import { fix } from '../fix.ts';
import { sqlName } from '../relations.ts';
import type { CatalogRule } from '../rule.ts';

export const published: CatalogRule = {
  id: 'published',
  levels: ['warning'],
  subject: 'tables',
  why: 'A publication sends all rows of the table to its subscribers. Policies do not bind replication.',
  fix: 'Drop the table from the publication, unless it is meant.',
  check: ({ catalog }) =>
    catalog.publishedTables.map(({ schema, table: name, publication }) => {
      const drop = `ALTER PUBLICATION ${quoteIdentifier(publication)} DROP TABLE ${sqlName({ schema, name })}`;
      return {
        object: relationObject({ schema, name }),
        problem: `leaves the database through the publication "${publication}", with all its rows`,
        fix: fix(`drop it from the publication, unless it is meant: ${drop}`, drop),
      };
    }),
};

export const subscribed: CatalogRule = {
  id: 'subscribed',
  levels: ['warning'],
  subject: 'tables',
  why: 'A subscription writes to the table. Policies do not bind replication, nor do most triggers run.',
  fix: 'Drop the table from the publication that the subscription follows, unless it is meant.',
  check: ({ catalog }) =>
    catalog.subscribedTables.map(({ schema, table: name }) => ({
      object: relationObject({ schema, name }),
      problem: 'is written by a subscription, past policies and triggers',
      fix: fix('drop it from the publication that the subscription follows, unless it is meant'),
    })),
};

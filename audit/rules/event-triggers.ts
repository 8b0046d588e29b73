import { quoteIdentifier } from '../../postgres/quote.ts';
import { namedObject } from '../finding-object.ts';
import { run } from '../fix.ts';
import type { CatalogRule } from '../rule.ts';

export const eventTrigger: CatalogRule = {
  id: 'event_trigger',
  levels: ['warning'],
  subject: 'the server',
  why:
    'A role that is no superuser owns the function of an event trigger. ' +
    "This role may replace the function, and so decides what an admin's session does.",
  fix: 'Drop the event trigger, or give the function to a superuser.',
  check: ({ catalog }) =>
    catalog.eventTriggers.map(({ name, function: fn, owner }) => ({
      object: namedObject('event trigger', name),
      problem: `runs ${fn}, which "${owner}" may replace, as whoever changes the database`,
      fix: run(`DROP EVENT TRIGGER ${quoteIdentifier(name)}`, ', or give the function to its superuser'),
    })),
};

import { quoteIdentifier } from '../../../postgres/quote.ts';
import { namedObject, relationObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { isPlatformRole } from '../platform-roles.ts';
import { grantees } from '../exposed.ts';
import type { SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

/** The publication that Supabase's Realtime sends to browsers, by the policies of each reader. */
const REALTIME = 'supabase_realtime';

export const published: AnywhereRule = {
  id: 'published',
  topic: 'exposure',
  levels: ['info', 'warning'],
  subject: 'tables',
  why: 'Policies do not bind replication: a publication sends all rows to its subscribers. Realtime of Supabase checks policies itself.',
  otherLevelWhen: 'where Realtime sends a table without row security to roles of requests',
  fix: 'Drop the table from the publication, unless it is meant. For Realtime, enable row security.',
  find: (audited) => [...openRealtime(audited), ...publications(audited)],
};

function openRealtime(audited: Anywhere): Found[] {
  if (audited.scope.platform !== 'supabase') return [];
  return audited.survey.relations
    .filter((table) => !table.row_security && table.published.some(({ name }) => name === REALTIME))
    .flatMap((table): Found[] => {
      const roles = grantees(audited, table)
        .filter(([, commands]) => commands.includes('select'))
        .map(([role]) => role);
      if (roles.length === 0) return [];
      return [
        {
          level: 'warning',
          object: relationObject(table),
          problem: `is sent by Realtime to ${listed(roles)}, every row, because it has no row security`,
          fix: fix(
            'enable row security, or drop it from the publication',
            `ALTER PUBLICATION ${quoteIdentifier(REALTIME)} DROP TABLE ${sqlName(table)}`,
          ),
        },
      ];
    });
}

/** One finding for all tables with policies of a publication. */
function publications({ survey, scope }: Anywhere): Found[] {
  const sent = new Map<string, SurveyedRelation[]>();
  for (const table of survey.relations) {
    for (const { name, filtered } of table.published) {
      if (!table.row_security || filtered || (name === REALTIME && scope.platform === 'supabase')) continue;
      const tables = sent.get(name);
      if (tables) tables.push(table);
      else sent.set(name, [table]);
    }
  }
  return [...sent].map(([name, tables]) => ({
    object: { kind: 'publication', name, text: `publication ${name}` },
    problem: `sends every row of ${listed(tables.map((table) => `${table.schema}.${table.name}`))}, whatever the policies are`,
    fix: fix('drop the tables from the publication, unless it is meant'),
  }));
}

export const subscribed: AnywhereRule = {
  id: 'subscribed',
  topic: 'exposure',
  levels: ['info'],
  subject: 'tables',
  why: 'A subscription writes to the table past policies, and most triggers do not run. No request reaches it so.',
  fix: 'Drop the table from the publication that the subscription follows, unless it is meant.',
  find: ({ survey }) =>
    survey.relations
      .filter(({ subscriptions, row_security }) => subscriptions.length > 0 && row_security)
      .map((table) => ({
        object: relationObject(table),
        problem: `is written by the subscription ${listed(table.subscriptions)}, past policies and triggers`,
        fix: fix('drop it from the publication that the subscription follows, unless it is meant'),
      })),
};

export const replicationRole: AnywhereRule = {
  id: 'replication_role',
  topic: 'exposure',
  levels: ['info'],
  subject: 'roles',
  why: 'A login with REPLICATION copies the whole cluster. Neither grants nor policies bind it.',
  fix: 'Take REPLICATION away, unless the login is that of a replica or a backup.',
  find: ({ survey, scope }) =>
    [...survey.roles.values()]
      .filter(
        ({ name, login, replication, superuser }) => login && replication && !superuser && !isPlatformRole(scope, name),
      )
      .filter(({ name }) => name !== scope.authenticator && !scope.roles.includes(name))
      .map(({ name }) => ({
        object: namedObject('role', name),
        problem: 'may copy the whole cluster, past grants and policies',
        fix: run(`ALTER ROLE ${quoteIdentifier(name)} NOREPLICATION`, ', unless it is meant'),
      })),
};

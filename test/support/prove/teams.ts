import { allRows, declare, tenant } from '../../../declaration/index.ts';

const member = 'teams_member';
const ofTeam = tenant({ to: member, column: 'team_id', claim: 'team', type: 'int' });

const table = (name: string) => `
  CREATE TABLE ${name} (id int PRIMARY KEY, team_id int NOT NULL, title text NOT NULL);
  CREATE INDEX ON ${name} (team_id);`;

const grants = [
  { to: member, select: true, insert: ['id', 'team_id', 'title'], update: ['title'], delete: true },
] as const;

/** Documents and files of teams; `leaking`: the files of each team are open to all. */
export const teams = (files: 'leaking' | 'mended') =>
  declare({
    name: 'teams',
    schemas: ['teams_api'],
    roles: { anonymous: 'teams_anon', users: [member] },
    migrations: [{ file: '001.sql', sql: ['docs', 'files'].map(table).join('\n') }],
    tables: [
      { name: 'docs', grants, policies: [ofTeam] },
      { name: 'files', grants, policies: [files === 'mended' ? ofTeam : allRows({ to: member })] },
    ],
  });

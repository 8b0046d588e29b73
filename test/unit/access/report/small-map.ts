import type { AccessMap } from '../../../../access/picture/access-map.ts';

/** A map of one table, with a name that would be markup, and a policy that is not as declared. */
export const smallMap: AccessMap = {
  name: 'notes',
  isCompared: true,
  roles: [
    { name: 'anon', isAnonymous: true, inherits: [] },
    { name: 'member"<b>', isAnonymous: false, inherits: [] },
  ],
  relations: [
    {
      schema: 'api',
      name: 'notes',
      kind: 'table',
      isExposed: true,
      columns: ['id', 'text'],
      notes: [],
      cells: (['anon', 'member"<b>'] as const).flatMap((role) =>
        (['select', 'insert', 'update', 'delete'] as const).map((command) => {
          if (role === 'anon' || command !== 'select') {
            return { role, command, reach: 'refused' as const, words: '', grants: [], policies: [] };
          }
          return {
            role,
            command,
            reach: 'all' as const,
            words: 'all rows',
            columns: ['id'],
            grants: ['GRANT SELECT ("id") ON "api"."notes" TO "member""<b>"'],
            policies: [{ name: 'open', isRestrictive: false, words: 'all rows', sql: 'CREATE POLICY "open"' }],
            declared: { reach: 'some' as const, words: 'own rows (user_id)', grants: [], policies: [] },
          };
        }),
      ),
    },
  ],
  functions: [
    {
      schema: 'api',
      name: 'size',
      signature: 'api.size()',
      isDefiner: true,
      owner: 'owner',
      reads: ['api.notes'],
      roles: ['anon'],
      grants: [],
    },
  ],
};

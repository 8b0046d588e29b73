import { auditAnywhere } from '../../audit/anywhere/audit-database.ts';
import { withClient } from '../../postgres/with-client.ts';
import type { Linter } from './linter.ts';

/** The audit of any database. It finds out by itself what is exposed, and to whom. */
export const ours: Linter = {
  name: 'secured-postgrest',
  obstacle: () => undefined,
  async find(connection) {
    const { findings } = await withClient(connection, (client) => auditAnywhere(client));
    return findings.map(({ rule, level, object }) => ({ rule, level, object: object.text }));
  },
};

import type pg from 'pg';
import type { Finding } from '../finding.ts';
import type { Topic } from '../rule.ts';

export type AnywhereFinding = Finding & { readonly topic: Topic };

export interface AnywhereOptions {
  readonly schemas?: readonly string[];
  readonly anonymous?: string;
  readonly roles?: readonly string[];
  readonly authenticator?: string;
}

export interface AnywhereAudit {
  readonly scope: {
    readonly schemas: readonly string[];
    readonly roles: readonly string[];
    readonly anonymous?: string;
    readonly authenticator?: string;
    readonly foundBy: string;
  };
  readonly server: { readonly version: number };
  readonly findings: readonly AnywhereFinding[];
}

/** Stands in for the engine. */
export async function auditAnywhere(client: pg.Client, options: AnywhereOptions): Promise<AnywhereAudit> {
  const { rows } = await client.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
  const { schemas = [], roles = [], ...named } = options;
  return {
    scope: { schemas, roles, ...named, foundBy: 'by the options of the command' },
    server: { version: Number(rows[0]!.version) },
    findings: [],
  };
}

import type { ServerInput } from '../../declaration/types.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { checkServer } from '../../declaration/server.ts';
import type { FoundRole } from '../database/found.ts';
import type { Note } from '../report/notes.ts';

/** Settings that the declaration has elsewhere. */
const ELSEWHERE = ['db_schemas', 'db_schema', 'db_anon_role'];
const SECRET = /secret|password|key$|jwks|db_uri/;

/** Reads the settings of PostgREST's login role. */
export function importServer(authenticator: FoundRole | undefined): {
  readonly server?: ServerInput;
  readonly notes: readonly Note[];
} {
  const notes: Note[] = [];
  let server: ServerInput = {};
  for (const setting of authenticator?.settings ?? []) {
    const [, name, value] = /^pgrst\.([^=]+)=([\s\S]*)$/.exec(setting) ?? [];
    if (name === undefined || value === undefined || ELSEWHERE.includes(name)) continue;
    const object = `pgrst.${name}`;
    const more = serverInput(name, value);
    if (SECRET.test(name) && name !== 'jwt_role_claim_key') notes.push({ reason: 'secret_setting', object });
    else if (name === 'db_pre_request') notes.push({ reason: 'pre_request', object: value });
    else if (more && isAllowed({ ...server, ...more })) server = { ...server, ...more };
    else notes.push({ reason: 'server_setting', object, detail: value });
  }
  return { ...(Object.keys(server).length > 0 && { server }), notes };
}

function serverInput(name: string, value: string): ServerInput | undefined {
  switch (name) {
    case 'db_max_rows':
      return /^[1-9]\d*$/.test(value) ? { maxRows: Number(value) } : undefined;
    case 'openapi_mode':
      return value === 'disabled' ? { openApi: 'disabled' } : {};
    default:
      return { settings: { [name.replaceAll('_', '-')]: value } };
  }
}

function isAllowed(server: ServerInput): boolean {
  try {
    checkServer(server);
    return true;
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return false;
    throw error;
  }
}

/** Settings of the database whose names say that they are secrets. */
export function secretSettings(settings: readonly string[]): Note[] {
  return settings
    .map((setting) => setting.slice(0, setting.indexOf('=')))
    .filter((name) => SECRET.test(name))
    .map((object) => ({ reason: 'secret_setting', object }));
}

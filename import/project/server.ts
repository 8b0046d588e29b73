import type { ServerInput } from '../../declaration/types.ts';
import { checkServer } from '../../declaration/server.ts';
import type { FoundRole } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import { isAccepted, isSecret } from './settings.ts';

/** Settings that the declaration has elsewhere. */
const ELSEWHERE = ['db_schemas', 'db_schema', 'db_anon_role'];
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
    if (isSecret(name) && name !== 'jwt_role_claim_key') notes.push({ reason: 'secret_setting', object });
    else if (name === 'db_pre_request') notes.push({ reason: 'pre_request', object: value });
    else if (more && isAccepted(() => checkServer({ ...server, ...more }))) server = { ...server, ...more };
    else notes.push({ reason: 'server_setting', object, detail: value });
  }
  if (server.maxRows === undefined) notes.push({ reason: 'max_rows', object: 'server.maxRows' });
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

/** Settings of the database: a declaration has none. PostgREST sets the search path of each request itself. */
export function databaseSettings(settings: readonly string[]): Note[] {
  return settings
    .map((setting) => setting.slice(0, setting.indexOf('=')))
    .filter((object) => object !== 'search_path')
    .map((object) => ({ reason: isSecret(object) ? 'secret_setting' : 'database_setting', object }));
}

import { quoteIdentifier } from '../../postgres/quote.ts';
import { apiRoles, roleSettings } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';
import type { Step } from './step.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/** Brings the settings of every declared role to exactly what is declared; PostgREST applies them to each request. */
export function planRoleSettings(declaration: Declaration, catalog: ComparedCatalog): Step[] {
  const desired = new Map<string, Readonly<Record<string, string>>>([
    [declaration.authenticator, {}],
    [declaration.owner, {}],
    ...apiRoles(declaration).map((role) => [role.name, roleSettings(role)] as const),
  ]);
  return catalog.roles.flatMap((role): Step[] => {
    const want = desired.get(role.name) ?? {};
    // Postgres shows some names with capitals (TimeZone), and takes them in any case.
    const have = Object.fromEntries(
      role.settings.map((setting): [string, string] => {
        const [name = '', value = ''] = setting.split(/=(.*)/s);
        return [name.toLowerCase(), value];
      }),
    );
    const step = (sql: string): Step => ({ sql, as: 'admin', place: `role ${role.name}` });
    return [
      ...(role.has_database_settings
        ? [step(statement('reset_role_in_database', { role: role.name, database: catalog.database.name }))]
        : []),
      ...Object.keys(have)
        .filter((setting) => !Object.hasOwn(want, setting))
        .map((setting) => step(statement('reset_role_setting', { role: role.name, setting: settingName(setting) }))),
      ...Object.entries(want)
        .filter(([setting, value]) => have[setting] !== value)
        .map(([setting, value]) =>
          step(statement('set_role_setting', { role: role.name, setting: settingName(setting), value })),
        ),
    ];
  });
}

function settingName(setting: string) {
  return raw(setting.split('.').map(quoteIdentifier).join('.'));
}

import { namesIn } from '../../../postgres/catalog/body-names.ts';
import { namedObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { apiRoles } from '../request-roles.ts';
import { resetSetting, settingObject } from '../session-settings.ts';
import { isOn } from '../setting-values.ts';
import { listed } from '../words.ts';

export const riskyServerSetting: AnywhereRule = {
  id: 'risky_server_setting',
  topic: 'exposure',
  levels: ['warning', 'error', 'info'],
  subject: 'the server',
  why: 'A setting of PostgREST tells requests more than their rows, lets them run SQL, or makes them fail.',
  otherLevelWhen: 'where `pg_catalog` is exposed; only for information for transactions that a request may roll back',
  fix: 'Reset the setting, or make the function that it names.',
  find: (audited) => {
    const { authenticator } = audited.scope;
    const latest = new Map<string, (typeof audited.survey.settings)[number]>();
    for (const setting of audited.survey.settings) {
      if (setting.role === null || setting.role === authenticator) latest.set(setting.name.toLowerCase(), setting);
    }
    const found = [...latest].flatMap(([name, setting]): Found[] => {
      if (!name.startsWith('pgrst.')) return [];
      const risk = riskOf(audited, name.slice('pgrst.'.length), setting.value);
      if (!risk) return [];
      return [
        {
          level: risk.level,
          object: settingObject(audited, setting),
          problem: `has ${setting.name} = ${setting.value}: ${risk.problem}`,
          fix: run(resetSetting(audited, setting)),
        },
      ];
    });
    return [...exposedCatalog(audited), ...found];
  },
};

function exposedCatalog({ reach, scope }: Anywhere): Found[] {
  const schema = 'pg_catalog';
  if (!reach.isExposed({ schema })) return [];
  return [
    {
      level: 'error',
      object: namedObject('schema', schema),
      problem: `is exposed, so that ${listed(scope.roles)} may call query_to_xml(), which runs any SQL`,
      fix: fix('take it out of db-schemas of PostgREST'),
    },
  ];
}

function riskOf(
  audited: Anywhere,
  name: string,
  value: string,
): { readonly level: 'warning' | 'info'; readonly problem: string } | undefined {
  switch (name) {
    case 'db_plan_enabled':
      return isOn(value) ? { level: 'warning', problem: 'a plan counts rows that policies hide' } : undefined;
    case 'openapi_mode':
      return value === 'ignore-privileges'
        ? { level: 'warning', problem: 'the description of the API names what the role may not use' }
        : undefined;
    case 'db_tx_end':
      return value.endsWith('-allow-override')
        ? { level: 'info', problem: 'a request decides whether it is committed' }
        : undefined;
    case 'db_pre_request':
    case 'pre_request': {
      const problem = problemOfPreRequest(audited, value);
      return problem === undefined ? undefined : { level: 'warning', problem };
    }
    default:
      return undefined;
  }
}

function problemOfPreRequest(audited: Anywhere, value: string): string | undefined {
  const { scope, reach, texts } = audited;
  const [name] = namesIn(`${value}(`).calls;
  if (!name) return undefined;
  const searched = [...scope.schemas, ...scope.extraSchemas];
  const candidates = texts
    .named(name.schema, name.name)
    .filter((fn) => fn.arguments.length === 0 && (name.schema !== undefined || searched.includes(fn.schema)));
  if (candidates.length === 0) return 'this function does not exist, so that every request fails';
  const barred = apiRoles(audited).filter((role) => !candidates.some((fn) => reach.calls(role, fn)));
  return barred.length > 0 ? `${listed(barred)} may not call it, so that their requests fail` : undefined;
}

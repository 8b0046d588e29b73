import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { namedObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { namesIn } from '../../../postgres/catalog/body-names.ts';
import { apiRoles } from '../request-roles.ts';
import { looksSecret } from '../secret-values.ts';
import { requestSettings, resetSetting, settingObject } from '../session-settings.ts';
import { isOn } from '../setting-values.ts';
import { timeoutOf } from '../timeouts.ts';
import { listed } from '../words.ts';

const SUGGESTED_TIMEOUT = '8s';

export const missingTimeout: AnywhereRule = {
  id: 'missing_timeout',
  topic: 'speed',
  levels: ['warning'],
  subject: 'the server',
  why: 'Without a statement timeout, one slow request holds a connection for ever. A few of them stop the API.',
  fix: 'Set `statement_timeout` for the role of requests, or for the authenticator.',
  find: (audited) => {
    const endless = apiRoles(audited).filter((role) => timeoutOf(audited, role) === 'none');
    return endless.map((role) => {
      const { authenticator } = audited.scope;
      // PostgREST reads the settings of the roles that its own login is a member of by itself.
      const isDirect =
        authenticator === undefined ||
        audited.survey.memberships.some((one) => one.member === authenticator && one.role === role);
      const target = isDirect ? role : authenticator;
      return {
        object: namedObject('role', role),
        problem: 'has no statement timeout, so that its requests may run for ever',
        fix: run(`ALTER ROLE ${quoteIdentifier(target)} SET statement_timeout = ${quoteLiteral(SUGGESTED_TIMEOUT)}`),
      };
    });
  },
};

export const secretInSettings: AnywhereRule = {
  id: 'secret_in_settings',
  topic: 'exposure',
  levels: ['error', 'info'],
  subject: 'the server',
  why: 'Every role of the cluster may read pg_db_role_setting. Who has the secret of tokens is any user.',
  otherLevelWhen: 'for the setting that Supabase makes itself',
  fix: 'Reset the setting, give the secret in a variable or a file, and replace it.',
  find: (audited) =>
    audited.survey.settings.filter(looksSecret).map((setting) => ({
      level:
        audited.scope.platform === 'supabase' && setting.role === null && setting.name === 'app.settings.jwt_secret'
          ? 'info'
          : 'error',
      object: settingObject(audited, setting),
      problem: `keeps a secret in the setting ${setting.name}, which every role may read`,
      fix: run(resetSetting(audited, setting), ', give it in a variable or a file, and replace it'),
    })),
};

/** Settings of sessions that weaken checks, with the values that do not. */
const WEAKENING: Readonly<
  Record<string, { readonly safe: RegExp; readonly level: 'error' | 'warning'; readonly effect: string }>
> = {
  session_replication_role: {
    safe: /^(?:origin|local)$/i,
    level: 'error',
    effect: 'triggers and foreign keys check nothing',
  },
  role: { safe: /^(?:none)?$/i, level: 'error', effect: 'sessions have the rights of that role' },
  row_security: {
    safe: /^(?:on|true|yes|1)$/i,
    level: 'warning',
    effect: 'each request that policies bind fails',
  },
  standard_conforming_strings: {
    safe: /^(?:on|true|yes|1)$/i,
    level: 'warning',
    effect: 'a backslash in a string ends it early, also in SQL that functions build',
  },
};

export const weakeningSetting: AnywhereRule = {
  id: 'weakening_setting',
  topic: 'exposure',
  levels: ['error', 'warning'],
  subject: 'the server',
  why: 'Each session of requests begins with a setting that weakens checks, or that policies take for the identity of a user.',
  otherLevelWhen: 'for `row_security`, `standard_conforming_strings`, and settings of your own that policies read',
  fix: 'Reset the setting.',
  find: (audited) => {
    const read = settingsOfPolicies(audited);
    const found = requestSettings(audited).flatMap((setting): Found[] => {
      const { value } = setting;
      const name = setting.name.toLowerCase();
      const weakening = WEAKENING[name];
      const effect = weakening
        ? !weakening.safe.test(value) && weakening.effect
        : name.startsWith('request.')
          ? !/^\s*(?:\{\s*\})?\s*$/.test(value) && 'requests that set no such claim have this one'
          : read.has(name) && value !== '' && 'policies read the same value for every request';
      if (effect === false) return [];
      return [
        {
          level: weakening?.level ?? (name.startsWith('request.') ? 'error' : 'warning'),
          object: settingObject(audited, setting),
          problem: `begins each session with ${setting.name}${weakening ? ` = ${value}` : ''}: ${effect}`,
          fix: run(resetSetting(audited, setting)),
        },
      ];
    });
    return [...found, ...ofServer(audited)];
  },
};

function ofServer({ survey }: Anywhere): Found[] {
  return Object.entries(WEAKENING).flatMap(([name, { safe, level, effect }]): Found[] => {
    const value = survey.server.settings[name];
    if (value === undefined || safe.test(value)) return [];
    return [
      {
        level,
        object: { kind: 'server', name, text: 'the server' },
        problem: `begins each session with ${name} = ${value}: ${effect}`,
        fix: fix(`ALTER SYSTEM RESET ${name}, or remove it from postgresql.conf, and reload`),
      },
    ];
  });
}

/** Names of settings that policies read, by themselves or through a function. */
function settingsOfPolicies({ survey, conditions, texts }: Anywhere): ReadonlySet<string> {
  const names = new Set<string>();
  const functions = new Set<(typeof survey.functions)[number]>();
  for (const policy of survey.relations.flatMap((relation) => relation.policies)) {
    for (const condition of [conditions.using(policy), conditions.check(policy)]) {
      for (const name of condition?.settings ?? []) names.add(name.toLowerCase());
      for (const fn of condition?.functions ?? []) functions.add(fn);
    }
  }
  for (const fn of functions) {
    for (const [, name = ''] of texts.bodyOf(fn).matchAll(/\bcurrent_setting\s*\(\s*'([^']+)'/gi))
      names.add(name.toLowerCase());
    for (const called of texts.calledBy(fn)) functions.add(called);
  }
  return new Set([...names].filter((name) => name.includes('.') && !/^(?:request|pgrst)\./.test(name)));
}

export const riskyServerSetting: AnywhereRule = {
  id: 'risky_server_setting',
  topic: 'exposure',
  levels: ['warning', 'info'],
  subject: 'the server',
  why: 'A setting of PostgREST tells requests more than their rows, or makes them fail.',
  otherLevelWhen: 'for transactions that a request may roll back',
  fix: 'Reset the setting, or make the function that it names.',
  find: (audited) => {
    const { authenticator } = audited.scope;
    const latest = new Map<string, (typeof audited.survey.settings)[number]>();
    for (const setting of audited.survey.settings) {
      if (setting.role === null || setting.role === authenticator) latest.set(setting.name.toLowerCase(), setting);
    }
    return [...latest].flatMap(([name, setting]): Found[] => {
      if (!name.startsWith('pgrst.')) return [];
      const risk = riskOf(audited, name.slice('pgrst.'.length), setting.value);
      if (!risk) return [];
      return [
        {
          ...risk,
          object: settingObject(audited, setting),
          problem: `has ${setting.name} = ${setting.value}: ${risk.problem}`,
          fix: run(resetSetting(audited, setting)),
        },
      ];
    });
  },
};

function riskOf(
  audited: Anywhere,
  name: string,
  value: string,
): { readonly level: 'warning' | 'info'; readonly problem: string; readonly topic?: never } | undefined {
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

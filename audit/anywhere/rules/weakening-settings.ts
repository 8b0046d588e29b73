import { fix, run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { requestSettings, resetSetting, settingObject } from '../session-settings.ts';

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

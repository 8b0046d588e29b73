import { refuse } from '../errors/secured-postgrest-error.ts';
import { settingNamed, settingsOf, type PostgrestSetting } from './postgrest-settings.ts';
import type { Version } from './releases/versions.ts';

/** Refuses further settings that a version does not have, that another part of the declaration sets, or that open something. */
export function checkSettings(settings: Readonly<Record<string, string>>, place: string, version: Version): void {
  for (const [name, value] of Object.entries(settings)) {
    const setting = settingNamed(name, version);
    const at = `${place}.${name}`;
    if (!setting) {
      refuse(
        'invalid_server_setting',
        at,
        `PostgREST ${version[0]}.${version[1]} has no setting "${name}"`,
        `remove it, or use one of ${settingsOf(version).join(', ')}`,
      );
    }
    const problem = problemOf(setting, value);
    if (problem) refuse('invalid_server_setting', at, problem, fixOf(setting));
  }
}

function fixOf({ rule }: PostgrestSetting): string {
  const part = typeof rule === 'object' && 'declared' in rule ? rule.declared : undefined;
  return part === undefined ? 'remove it here' : `remove it here: ${part}`;
}

function problemOf({ rule }: PostgrestSetting, value: string): string | undefined {
  if (/[\n\r\0]/.test(value)) return 'the value holds a line break or NUL';
  if (rule === 'free') return undefined;
  if ('declared' in rule) return 'this setting follows from the declaration';
  return rule.unless?.test(value) ? undefined : `"${value}" is refused, because ${rule.because}`;
}

import { run } from '../../fix.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { looksSecret } from '../secret-values.ts';
import { resetSetting, settingObject } from '../session-settings.ts';

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

import { fix, run } from '../fix.ts';
import type { CatalogRule } from '../rule.ts';

export const weakeningSetting: CatalogRule = {
  id: 'weakening_setting',
  levels: ['error', 'warning'],
  subject: 'the server',
  why:
    'Each new session begins with a setting of the server, of the database or of every role that weakens its checks. ' +
    'These are `session_replication_role`, `row_security`, `role`, `lo_compat_privileges` and `standard_conforming_strings`.',
  otherLevelWhen:
    'for `log_statement = all` and `log_min_duration_statement = 0`, which write claims to the log, ' +
    'and for `allow_system_table_mods` and `zero_damaged_pages`',
  fix: 'Reset the setting.',
  check: ({ catalog }) =>
    catalog.settingsForAll.map(({ object: text, alter, setting, minor }) => {
      const reset = `${alter} RESET ${setting.split('=')[0]!}`;
      const [, kind = '', name = text] = /^(database|role) (.*)$/s.exec(text) ?? [];
      const reload = 'SELECT pg_reload_conf()';
      return {
        level: minor ? 'warning' : 'error',
        object: { kind: kind || (text === 'the server' ? 'server' : 'role'), name, text },
        problem: `begins each session with ${setting}`,
        fix:
          text === 'the server'
            ? fix(`${reset}, or remove it from postgresql.conf, and ${reload}`, reset, reload)
            : run(reset),
      };
    }),
};

import { quoteLiteral } from '../../../postgres/quote.ts';
import { namedObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { calledFunctions } from '../called-functions.ts';
import { granteesOf, granteeWord, sqlGrantees } from '../request-roles.ts';
import { requestSettings, resetSetting, settingObject } from '../session-settings.ts';
import { isOn } from '../setting-values.ts';
import { listed } from '../words.ts';

const READS = /^(?:lo_(?:get|open|put|export|unlink|truncate|lseek)|loread|lowrite)/;

export const largeObjects: AnywhereRule = {
  id: 'large_objects',
  topic: 'exposure',
  levels: ['warning', 'info'],
  subject: 'grants',
  why: 'Large objects have no row security. With `lo_compat_privileges` they have no owners either.',
  otherLevelWhen: 'where no function that requests may call reads large objects',
  fix: "Reset `lo_compat_privileges`, and revoke the grants. Keep files in a table's column, or in a store of their own.",
  find: (audited) => {
    const { survey } = audited;
    const reading = calledFunctions(audited).find(
      ({ asCaller, names }) => asCaller && names.calls.some(({ name }) => READS.test(name)),
    );
    const level = reading ? 'warning' : 'info';
    const way = reading ? `: ${reading.fn.signature} reads them for ${listed(reading.roles)}` : '';
    const compatible = requestSettings(audited).filter(
      ({ name, value }) => name === 'lo_compat_privileges' && isOn(value),
    );
    const found: Found[] = compatible.map((setting) => ({
      level,
      object: settingObject(audited, setting),
      problem: `begins sessions with lo_compat_privileges, so that every large object is open to all roles${way}`,
      fix: run(resetSetting(audited, setting)),
    }));
    if (isOn(survey.server.settings['lo_compat_privileges'] ?? 'off')) {
      found.push({
        level,
        object: { kind: 'server', name: 'lo_compat_privileges', text: 'the server' },
        problem: `has lo_compat_privileges, so that every large object is open to all roles${way}`,
        fix: fix('ALTER SYSTEM RESET lo_compat_privileges, or remove it from postgresql.conf, and reload'),
      });
    }
    const granted = granteesOf(
      audited,
      survey.largeObjects.flatMap(({ grants }) => grants),
      () => true,
    );
    if (granted.length > 0) {
      const count = survey.largeObjects
        .filter(({ grants }) => grants.some(({ grantee }) => granted.includes(grantee)))
        .reduce((sum, objects) => sum + objects.count, 0);
      found.push({
        level,
        object: namedObject('database', survey.server.database),
        problem: `has ${count} large object${count > 1 ? 's' : ''} granted to ${listed(granted.map(granteeWord))}${way}`,
        fix: fix('revoke the grants on large objects', revokeAll(granted)),
      });
    }
    return found;
  },
};

/** A statement for objects that have numbers alone. */
function revokeAll(grantees: readonly string[]): string {
  const body =
    'DECLARE object pg_catalog.oid; BEGIN FOR object IN SELECT oid FROM pg_catalog.pg_largeobject_metadata LOOP ' +
    `EXECUTE pg_catalog.format('REVOKE ALL ON LARGE OBJECT %s FROM ', object) OPERATOR(pg_catalog.||)${quoteLiteral(` ${sqlGrantees(grantees)}`)}; END LOOP; END`;
  return `DO ${quoteLiteral(body)}`;
}

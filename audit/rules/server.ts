import { quoteIdentifier } from '../../postgres/quote.ts';
import { releaseFindings } from '../../declaration/releases/releases.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Catalog } from '../../postgres/catalog/catalog.ts';
import { error, warning, type Finding } from '../finding.ts';

/** Finds what is known against the version that the server runs. A deploy still works: its fix is not in the deploy's hands. */
export function serverRelease({ acceptedAdvisories }: Declaration, { database }: Catalog): Finding[] {
  // Since PostgreSQL 10: two digits and more of the major version, then four of the minor.
  const version = `${Math.floor(database.version / 10_000)}.${database.version % 10_000}`;
  return releaseFindings('PostgreSQL', version, { accepted: acceptedAdvisories }).map(({ rule, problem, fix }) =>
    warning(rule, `PostgreSQL ${version}`, problem, fix),
  );
}

/** Finds settings that weaken every session, PostgREST's and those of roles that change data. */
export function settingsForAll(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.settingsForAll.map(({ object, alter, setting, minor }) => {
    const name = setting.split('=')[0]!;
    return (minor ? warning : error)(
      'weakening_setting',
      object,
      `begins each session with ${setting}`,
      object === 'the server'
        ? `ALTER SYSTEM RESET ${name}, or remove it from postgresql.conf, and SELECT pg_reload_conf()`
        : `${alter} RESET ${name}`,
    );
  });
}

/** Names of ours mean Postgres' own functions, operators and casts: what was put beside them could be meant instead. */
export function builtInChanges(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.builtInChanges.map(({ object, cast, command }) =>
    cast
      ? error('built_in_cast', object, "decides what a conversion between Postgres' own types gives", command)
      : warning('built_in_changed', object, "is not Postgres' own, and stands among its own", command),
  );
}

/** Finds event triggers whose function a non-superuser may replace, and thereby change what an admin's session does. */
export function eventTriggers(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.eventTriggers.map(({ name, function: fn, owner }) =>
    warning(
      'event_trigger',
      `event trigger ${name}`,
      `runs ${fn}, which "${owner}" may replace, as whoever changes the database`,
      `DROP EVENT TRIGGER ${quoteIdentifier(name)}, or give the function to its superuser`,
    ),
  );
}

import { quoteIdentifier } from '../../../postgres/quote.ts';
import { namedObject } from '../../finding-object.ts';
import { run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import { releaseFound } from '../../release-findings.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { isPlatformRole } from '../platform-roles.ts';
import { isForeign } from '../platform.ts';
import type { SurveyedFunction } from '../survey.ts';
import { listed } from '../words.ts';

export const eventTrigger: AnywhereRule = {
  id: 'event_trigger',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  subject: 'the server',
  why: 'The function of an event trigger runs in the session of each role that changes the database. Its owner may replace it.',
  otherLevelWhen:
    'where the function grants something to roles of requests; only for information where its owner is neither a superuser nor a role of requests',
  fix: 'Drop the event trigger, or give the function to a superuser.',
  find: (audited) => {
    const { survey, scope, reach } = audited;
    const functions = new Map(survey.functions.map((fn) => [fn.signature, fn]));
    return survey.eventTriggers.flatMap(({ name, function: signature, owner, extension }): Found[] => {
      const fn = functions.get(signature);
      if (extension || (fn && isForeign(audited, fn))) return [];
      const object = namedObject('event trigger', name);
      const drop = run(`DROP EVENT TRIGGER ${quoteIdentifier(name)}`, ', or give the function to a superuser');
      const owners = scope.roles.filter((role) => reach.identities(role).has(owner));
      if (owners.length > 0) {
        const problem = `runs ${signature} as each role that changes the database, and ${listed(owners)} may replace it`;
        return [{ level: 'error', object, problem, fix: drop }];
      }
      const granted = fn ? grantedBy(audited, fn) : [];
      if (granted.length > 0) {
        const problem = `runs ${signature}, which grants objects to ${listed(granted)} as they are made`;
        return [{ level: 'warning', object, problem, fix: run(`DROP EVENT TRIGGER ${quoteIdentifier(name)}`) }];
      }
      const isTrusted = (survey.roles.get(owner)?.superuser ?? false) || owner === survey.server.owner;
      if (isTrusted || isPlatformRole(scope, owner)) return [];
      const problem = `runs ${signature} as each role that changes the database, and ${owner} may replace it`;
      return [{ level: 'info', object, problem, fix: drop }];
    });
  },
};

/** PUBLIC and roles of requests without a token that a function grants something to. */
function grantedBy({ scope, texts }: Anywhere, fn: SurveyedFunction): string[] {
  const grants = [...texts.bodyOf(fn).matchAll(/\bgrant\b[^;]*?\bto\b([^;]*)/gi)].map(([, to = '']) => to);
  return ['public', ...(scope.anonymous === undefined ? [] : [scope.anonymous])].filter((name) =>
    grants.some((to) =>
      to
        .toLowerCase()
        .split(/[^\w$]+/)
        .includes(name.toLowerCase()),
    ),
  );
}

export const knownAdvisory: AnywhereRule = {
  id: 'known_advisory',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'the server',
  why: 'Security advisories affect the version of the server.',
  fix: 'Use the release that the finding names.',
  find: ({ survey }) => releaseFound(survey.server.version, 'known_advisory'),
};

export const endOfLife: AnywhereRule = {
  id: 'end_of_life',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'the server',
  why: 'The major version of the server no longer gets fixes.',
  fix: 'Upgrade to the newest major version.',
  find: ({ survey }) => releaseFound(survey.server.version, 'end_of_life'),
};

export const unknownMajor: AnywhereRule = {
  id: 'unknown_major',
  topic: 'exposure',
  levels: ['info'],
  subject: 'the server',
  why: 'This package does not know the major version of the server, nor its advisories.',
  fix: 'Use a version that the package knows, or a newer version of the package.',
  find: ({ survey }) => releaseFound(survey.server.version, 'unknown_major'),
};

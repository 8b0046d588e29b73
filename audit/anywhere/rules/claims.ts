import type { Expression } from '../../../postgres/expressions/parse-expression.ts';
import { expressionOf, expressionsOf, namesOf } from '../../../postgres/expressions/parse-expression.ts';
import { functionObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import {
  columnName,
  comparisonsIn,
  constantText,
  nodesBelow,
  unwrapped,
  withoutCasts,
  type Comparison,
} from '../conditions/comparisons.ts';
import type { Condition } from '../conditions/conditions.ts';
import { tiesRow } from '../conditions/disjuncts.ts';
import { isNeverTrue } from '../conditions/truth.ts';
import { byPolicy, whoMay, type Decision } from '../exposed.ts';
import { principalColumns } from '../principal.ts';
import { reachedFunctions } from '../reached-functions.ts';
import type { SurveyedFunction, SurveyedPolicy } from '../survey.ts';
import { listed } from '../words.ts';
import { policyObject } from './policies.ts';

/** A finding for each policy with a condition that has what a rule looks for, and that can give rows. */
function conditionsWith(
  audited: Anywhere,
  has: (condition: Condition, policy: SurveyedPolicy) => string | undefined,
  { permissiveOnly = true, liveOnly = true } = {},
): { policy: SurveyedPolicy; what: string; met: readonly Decision[] }[] {
  return [...byPolicy(audited)].flatMap(([policy, met]) => {
    if (permissiveOnly && !policy.permissive) return [];
    const live = met.filter(
      ({ command, role }) => !liveOnly || !isNeverTrue(audited.policyTruth(policy, command, role, 'any')),
    );
    const conditions = new Set(
      live
        .map(({ command }) => audited.deciding(policy, command))
        .concat(live.some(({ command }) => command === 'update') ? [audited.conditions.check(policy)] : []),
    );
    for (const condition of conditions) {
      const what = condition && has(condition, policy);
      if (what !== undefined) return [{ policy, what, met: live }];
    }
    return [];
  });
}

/** True for a condition with an alternative that has a match, and in which no other part ties the row to the caller. */
function isDecisive(
  audited: Anywhere,
  condition: Condition,
  { relation }: SurveyedPolicy,
  matches: (part: Expression) => boolean,
): boolean {
  return audited
    .alternatives(condition, relation)
    .some(
      (parts) =>
        parts.some(({ expression }) => matches(expression)) &&
        !parts.some((part) => tiesRow(part) && !matches(part.expression)),
    );
}

/** Text of a condition with that of the functions that it calls. */
function textsOf({ texts }: Anywhere, { text, functions }: Condition): string[] {
  const visited = new Set<SurveyedFunction>(functions);
  for (const fn of visited) for (const called of texts.calledBy(fn)) visited.add(called);
  return [text, ...[...visited].filter(({ extension }) => extension === null).map((fn) => texts.bodyOf(fn))];
}

export const userWritableClaim: AnywhereRule = {
  id: 'user_writable_claim',
  topic: 'exposure',
  levels: ['error'],
  subject: 'tables',
  why:
    'Users write their own metadata (`user_metadata`, `raw_user_meta_data`), and clients write headers. ' +
    'A policy that asks them lets the client choose.',
  fix: 'Ask `app_metadata`, another claim, or a table that users cannot write.',
  find: (audited) => [
    ...signUpsWithRights(audited),
    ...conditionsWith(audited, (condition, policy) => {
      if (isDecisive(audited, condition, policy, (part) => asksUserMetadata(audited, part, policy))) {
        return 'metadata that users write themselves';
      }
      if (isDecisive(audited, condition, policy, (part) => comparesHeader(part, policy))) {
        return 'a header or a cookie, which the client writes';
      }
      if (isDecisive(audited, condition, policy, (part) => namesConstant(part, 'request.path') && !namesColumn(part))) {
        return 'the path of the request';
      }
      const setting = condition.settings.find((name) => !name.startsWith('request.') && isSetByRequest(audited, name));
      return setting !== undefined && isDecisive(audited, condition, policy, (part) => namesConstant(part, setting))
        ? `the setting ${setting}, which a function sets to what a request gives`
        : undefined;
    }).map(({ policy, met, what }) => ({
      object: policyObject(policy),
      problem: `asks ${what}: ${listed(whoMay(met))} what they choose`,
      fix: fix('ask app_metadata, another claim, or a table that users cannot write'),
    })),
  ],
};

const RIGHTS_OF_SIGN_UP =
  /\braw_user_meta_data\s*(?:#>>?\s*'\{|(?:->>?)\s*')(?:\w*role\w*|is_\w*(?:admin|staff|owner)\w*|\w*admin\w*|permissions?|(?:tenant|org|organi[sz]ation|team|company|workspace|plan|tier)(?:_id)?)\b/i;

/** Triggers on Supabase's users that copy a right from the data of a sign-up. */
function signUpsWithRights({ survey, texts }: Anywhere): Found[] {
  const functions = survey.relations
    .filter(({ schema, name }) => schema === 'auth' && name === 'users')
    .flatMap(({ triggers }) => triggers)
    .flatMap(({ enabled, function: fn }) => (enabled && fn && RIGHTS_OF_SIGN_UP.test(texts.bodyOf(fn)) ? [fn] : []));
  return [...new Set(functions)].map((fn) => ({
    object: functionObject(fn),
    problem: 'copies a right from metadata that users send when they sign up',
    fix: fix('give new users no right, or take it from a table that users cannot write'),
  }));
}

const namesColumn = (part: Expression) => nodesBelow(part).some(([kind]) => kind === 'ColumnRef');

const namesConstant = (part: Expression, text: string) =>
  nodesBelow(part).some(([kind, node]) => kind === 'A_Const' && constantText({ kind, node }) === text);

/** A function that requests call, or that runs before each, sets it from an argument or a header and asks no claim. */
function isSetByRequest(audited: Anywhere, name: string): boolean {
  const { texts } = audited;
  const sets = new RegExp(
    `\\bset_config\\s*\\(\\s*'${name.replace(/[^\w]/g, '\\$&')}'\\s*,\\s*([^']\\S*|'\\s*\\|\\|)`,
    'i',
  );
  return [...reachedFunctions(audited)].some(
    ([fn]) =>
      sets.test(texts.bodyOf(fn)) && !texts.readsClaims(fn) && (fn.arguments.length > 0 || texts.readsRequest(fn)),
  );
}

const METADATA = /\b(?:raw_)?user_meta_?data\b/;

/** True for a part that reads the caller's metadata: in claims, in an account, or in a function. */
function asksUserMetadata({ texts }: Anywhere, part: Expression, { relation }: SurveyedPolicy): boolean {
  const own = new Set(relation.columns.map(({ name }) => name));
  return nodesBelow(part).some(([kind, node]) => {
    switch (kind) {
      case 'A_Const':
        return METADATA.test(constantText({ kind, node }) ?? '');
      case 'ColumnRef': {
        const names = namesOf(node['fields']);
        const isOwn = names.length > 1 ? names.at(-2) === relation.name : own.has(names[0]!);
        return METADATA.test(names.at(-1)!) && !isOwn;
      }
      case 'FuncCall': {
        const names = namesOf(node['funcname']);
        return texts
          .named(names.length > 1 ? names.at(-2) : undefined, names.at(-1)!)
          .some((fn) => [fn, ...texts.calledBy(fn)].some((one) => METADATA.test(texts.bodyOf(one))));
      }
      default:
        return false;
    }
  });
}

/** A header that is compared with whose row it is; one that holds a key which nobody guesses is another matter. */
function comparesHeader(part: Expression, { relation }: SurveyedPolicy): boolean {
  const principals = principalColumns(relation);
  return comparisonsIn(part).some(
    ({ left, right }) =>
      [left, right].some((side) => principals.includes(columnName(side) ?? '')) &&
      [left, right].some((side) =>
        nodesBelow(side).some(
          ([kind, node]) =>
            kind === 'A_Const' && /^request\.(?:headers|cookies)$/.test(constantText({ kind, node }) ?? ''),
        ),
      ),
  );
}

export const emailClaim: AnywhereRule = {
  id: 'email_claim',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'An e-mail address, a telephone number and a chosen name change hands, and are written in several ways. They need not be confirmed before they are in a token.',
  fix: "Compare the subject's id instead.",
  find: (audited) =>
    conditionsWith(audited, (condition, policy) =>
      isDecisive(audited, condition, policy, (part) =>
        comparisonsIn(part).some(({ left, right }) => [left, right].some(isEmailClaim)),
      )
        ? 'email'
        : undefined,
    ).map(({ policy }) => ({
      object: policyObject(policy),
      problem: 'decides by an e-mail address or a name that users choose',
      fix: fix("compare the subject's id instead"),
    })),
};

/** Claims that users change, or that are not confirmed. */
const CHANGED_KEYS = ['email', 'preferred_username', 'nickname', 'phone_number'];

function isEmailClaim(side: Expression | undefined): boolean {
  return nodesBelow(unwrapped(side)).some(
    ([kind, node]) =>
      (kind === 'FuncCall' && namesOf(node['funcname']).join('.') === 'auth.email') ||
      (kind === 'A_Expr' && CHANGED_KEYS.includes(claimKey(node) ?? '')),
  );
}

/** The key of `claims ->> 'key'`, or of `claims -> 'key'`. */
function claimKey(node: Expression['node']): string | undefined {
  return /^->>?$/.test(namesOf(node['name']).at(-1) ?? '') ? constantText(expressionOf(node['rexpr'])) : undefined;
}

export const claimAsPattern: AnywhereRule = {
  id: 'claim_as_pattern',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'A claim is used as a pattern, or a value is looked for inside of it. One with `%`, `_` or `.*`, or a longer one, matches the rows of others.',
  fix: 'Compare with `=`, or with `starts_with()`.',
  find: (audited) =>
    conditionsWith(audited, (condition) =>
      comparisonsIn(condition.expression).some(
        ({ kind, operator, right }) =>
          (/LIKE|SIMILAR/.test(kind) || /^!?~~?\*?$/.test(operator)) && readsClaims(audited, right),
      ) || holdsColumn(audited, condition.expression)
        ? 'pattern'
        : undefined,
    ).map(({ policy }) => ({
      object: policyObject(policy),
      problem: 'takes a claim for a pattern, or looks for a part of it',
      fix: fix('compare with =, with starts_with() or with a list of values'),
    })),
};

/** A column is looked for inside the text of a claim, where a longer value holds it too. */
function holdsColumn(audited: Anywhere, expression: Expression | undefined): boolean {
  const isColumn = (side: Expression | undefined) =>
    !readsClaims(audited, side) && nodesBelow(side).some(([kind]) => kind === 'ColumnRef');
  return (
    comparisonsIn(expression).some(
      ({ kind, operator, left, right }) =>
        (/LIKE|SIMILAR/.test(kind) || /^~~?\*?$/.test(operator)) && readsClaims(audited, left) && isColumn(right),
    ) ||
    nodesBelow(expression).some(([kind, node]) => {
      if (kind !== 'FuncCall' || !/^(?:strpos|position)$/.test(namesOf(node['funcname']).at(-1)!)) return false;
      const [whole, part] = expressionsOf(node['args']);
      return readsClaims(audited, whole) && isColumn(part);
    })
  );
}

/** True for an expression in which a claim is read. */
export function readsClaims({ texts }: Anywhere, expression: Expression | undefined): boolean {
  return nodesBelow(expression).some(([kind, node]) => {
    if (kind !== 'FuncCall') return false;
    const names = namesOf(node['funcname']);
    if (names.at(-1) === 'current_setting') return true;
    return texts.named(names.length > 1 ? names.at(-2) : undefined, names.at(-1)!).some((fn) => texts.readsRequest(fn));
  });
}

const SUBJECT_KEYS = ['sub', 'email', 'user_id', 'uid', 'phone'];
/** The identity of a person: a UUID, a number, an address. */
const SOMEBODY = /^(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|\d+|[^@\s]+@[^@\s]+)$/i;

export const fixedIdentity: AnywhereRule = {
  id: 'fixed_identity',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'The condition names one person or tenant. Whoever has that identity passes for ever, and nobody finds it in a table.',
  fix: 'Keep such rights in a table or a claim.',
  find: (audited) =>
    conditionsWith(audited, (condition, policy) =>
      isDecisive(audited, condition, policy, (part) =>
        comparisonsIn(part).some((one) => namesSomebody(audited, one, principalColumns(policy.relation))),
      )
        ? 'identity'
        : undefined,
    ).map(({ policy }) => ({
      object: policyObject(policy),
      problem: 'compares an identity with a constant',
      fix: fix('keep such rights in a table or a claim'),
    })),
};

function namesSomebody(
  audited: Anywhere,
  { kind, operator, left, right }: Comparison,
  principals: readonly string[],
): boolean {
  if (operator !== '=' || !['AEXPR_OP', 'AEXPR_IN', 'AEXPR_OP_ANY'].includes(kind)) return false;
  const values = [left, right].map((side) => [...constantsOf(side)]);
  const constants = values[0]!.length > 0 ? values[0]! : values[1]!;
  const other = values[0]!.length > 0 ? right : left;
  if (!constants.some((text) => SOMEBODY.test(text))) return false;
  const column = columnName(other);
  if (column !== undefined) return principals.includes(column);
  const identity = unwrapped(other);
  return (
    readsClaims(audited, identity) &&
    nodesBelow(identity).some(
      ([kind, node]) =>
        (kind === 'FuncCall' &&
          /^(?:uid|email|user_?id|current_user_id|sub|subject)$/.test(namesOf(node['funcname']).at(-1)!)) ||
        (kind === 'A_Expr' && SUBJECT_KEYS.includes(claimKey(node) ?? '')),
    )
  );
}

/** A constant, or those of a list or an array. */
function* constantsOf(side: Expression | undefined): Generator<string> {
  const inner = withoutCasts(side);
  const items =
    inner?.kind === 'List' ? inner.node['items'] : inner?.kind === 'A_ArrayExpr' ? inner.node['elements'] : undefined;
  for (const item of items === undefined ? [inner] : expressionsOf(items)) {
    const text = constantText(item);
    if (text !== undefined) yield text;
  }
}

export const comparesSessionUser: AnywhereRule = {
  id: 'compares_session_user',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'tables',
  why: 'Under PostgREST the current user is the role of the token, the same for everyone who has that role.',
  fix: "Compare with a claim, such as the token's subject.",
  find: (audited) =>
    conditionsWith(audited, (condition, policy) =>
      isDecisive(audited, condition, policy, (part) => comparesUser(part, policy)) ? 'user' : undefined,
    ).map(({ policy }) => ({
      object: policyObject(policy),
      problem: 'compares a column with the current user, which is the same for everyone with the role',
      fix: fix("compare with a claim, such as the token's subject"),
    })),
};

/** A policy for several roles by name is made for a role of each tenant. */
function comparesUser(part: Expression, { roles }: SurveyedPolicy): boolean {
  if (roles.length > 1) return false;
  return comparisonsIn(part).some(({ left, right }) => {
    const user = [left, right].map(unwrapped).find((side) => side?.kind === 'SQLValueFunction');
    return user !== undefined && isUser(user) && (columnName(left) ?? columnName(right)) !== undefined;
  });
}

const isUser = ({ node }: Expression) => /USER|ROLE/.test(String(node['op']));

export const unknownRole: AnywhereRule = {
  id: 'unknown_role',
  topic: 'failure',
  levels: ['info'],
  subject: 'tables',
  why: 'The condition asks for a role that does not exist in the database. No request has it.',
  fix: 'Name a role that tokens can have.',
  find: (audited) =>
    conditionsWith(
      audited,
      ({ expression }) =>
        comparisonsIn(expression)
          .flatMap(({ operator, left, right }) => {
            if (operator !== '=') return [];
            const role = [left, right].some((side) => isRoleClaim(side));
            return role ? [...constantsOf(left), ...constantsOf(right)] : [];
          })
          .find((name) => !audited.survey.roles.has(name)),
      { permissiveOnly: false, liveOnly: false },
    ).map(({ policy, what }) => ({
      object: policyObject(policy),
      problem: `asks for the role "${what}", which does not exist`,
      fix: fix('name a role that tokens can have'),
    })),
};

function isRoleClaim(side: Expression | undefined): boolean {
  const inner = unwrapped(side);
  if (inner?.kind === 'FuncCall') return namesOf(inner.node['funcname']).join('.') === 'auth.role';
  if (inner?.kind !== 'A_Expr' || claimKey(inner.node) !== 'role') return false;
  // A role inside of another object of the claims, such as app_metadata, is the application's own.
  const claims = unwrapped(expressionOf(inner.node['lexpr']));
  return claims?.kind !== 'A_Expr' || claims.node['kind'] === 'AEXPR_NULLIF';
}

const LEGACY = /^request\.(?:jwt\.claim|header|cookie)\./i;

export const legacySetting: AnywhereRule = {
  id: 'legacy_setting',
  topic: 'failure',
  levels: ['warning'],
  subject: 'tables',
  why: 'PostgREST no longer sets `request.jwt.claim.name` and its like. The condition is null, or the request fails.',
  fix: "Read `current_setting('request.jwt.claims', true)::json ->> 'name'`.",
  find: (audited) =>
    conditionsWith(
      audited,
      (condition) => {
        const texts = textsOf(audited, condition);
        const name = /request\.(?:jwt\.claim|header|cookie)\.[\w-]+/i.exec(texts.join('\n'))?.[0];
        const isOnly = condition.settings.some((setting) => LEGACY.test(setting)) || name !== undefined;
        // Both ways side by side serve servers of several versions.
        return isOnly && !texts.some((text) => /request\.jwt\.claims|request\.headers|request\.cookies/i.test(text))
          ? name
          : undefined;
      },
      { permissiveOnly: false, liveOnly: false },
    ).map(({ policy, what }) => ({
      object: policyObject(policy),
      problem: `reads ${what}, which PostgREST no longer sets`,
      fix: fix("read it from current_setting('request.jwt.claims', true)::json"),
    })),
};

export const settingRequired: AnywhereRule = {
  id: 'setting_required',
  topic: 'failure',
  levels: ['info', 'warning'],
  subject: 'tables',
  why: 'Where nothing has set the setting, the request fails with an error instead of finding no rows.',
  otherLevelWhen: 'where nothing in the database sets it',
  fix: 'Give `current_setting` a second argument: `true`.',
  find: (audited) =>
    conditionsWith(
      audited,
      ({ expression }) =>
        nodesBelow(expression)
          .filter(([kind, node]) => kind === 'FuncCall' && namesOf(node['funcname']).at(-1) === 'current_setting')
          .map(([, node]) => expressionsOf(node['args']))
          .filter(({ length }) => length === 1)
          .map(([name]) => constantText(name))
          // PostgREST sets these with each request.
          .find((name) => !/^request\.(?:jwt\.claims|headers|cookies|method|path)$/.test(name ?? '')),
      { permissiveOnly: false },
    ).map(({ policy, what }) => ({
      level: isEverSet(audited, what) ? 'info' : 'warning',
      object: policyObject(policy),
      problem: `fails where ${what} is not set`,
      fix: fix('give current_setting a second argument: true'),
    })),
};

/** A setting that the database gives, or that a function sets, such as one before each request. */
function isEverSet({ survey, texts }: Anywhere, name: string): boolean {
  if (survey.settings.some((setting) => setting.name === name || setting.name === `pgrst.${name}`)) return true;
  return survey.functions.some((fn) => texts.bodyOf(fn).includes(name) && /\bset_config\s*\(/i.test(texts.bodyOf(fn)));
}

export const sessionInImmutable: AnywhereRule = {
  id: 'session_in_immutable',
  topic: 'exposure',
  levels: ['error'],
  subject: 'functions',
  why: "Postgres computes an IMMUTABLE function once and keeps the answer in the plan. The next request of the connection gets another user's.",
  fix: 'Make the function STABLE.',
  find: (audited) => {
    const found = new Map<SurveyedFunction, SurveyedPolicy>();
    for (const [policy, met] of byPolicy(audited)) {
      for (const { command } of met) {
        for (const fn of audited.deciding(policy, command)?.functions ?? []) {
          const reads =
            audited.texts.readsRequest(fn) || /\bcurrent_setting\s*\(|\bcurrent_user\b/i.test(audited.texts.bodyOf(fn));
          if (fn.volatility === 'i' && reads) found.set(fn, policy);
        }
      }
    }
    return [...found].map(([fn, policy]): Found => ({
      object: functionObject(fn),
      problem: `is IMMUTABLE and reads the session, and policy ${policy.name} of ${policy.relation.schema}.${policy.relation.name} calls it`,
      fix: run(`ALTER FUNCTION ${fn.signature} STABLE`),
    }));
  },
};

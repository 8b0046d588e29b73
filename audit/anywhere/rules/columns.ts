import { quoteIdentifier } from '../../../postgres/quote.ts';
import { isNeverTrue } from '../conditions/truth.ts';
import { columnObject } from '../../finding-object.ts';
import { fix, type Fix } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { isTable } from '../exposed.ts';
import { granteesOf, sqlGrantees } from '../request-roles.ts';
import type { SurveyedColumn, SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

/** Words that mean a secret behind any other word, but one that says it is for everybody. */
const SECRETS = [
  String.raw`(?:rol|user)?password|passwd|passphrase|pwd|secret|ssn|iban|card_number|cvv2?|cvc`,
  String.raw`(?:secret|private|api|auth|access|encryption|signing|service|master)_?key`,
  String.raw`(?:access|refresh|api|auth|oauth|bearer|reset|session|personal)_token`,
];
/** Words that mean a secret, or the number of a document, by themselves. */
const WHOLE = [
  String.raw`passcode|(?:session|ssh|pgp|license|activation)_key|token|jwt|otp|pin(?:_code)?|(?:recovery|backup)_codes?`,
  String.raw`(?:recovery|confirmation|verification|invit(?:e|ation)|password_reset|id|user|login|device|push|secret)_token`,
  String.raw`social_security(?:_(?:number|no|num))?|national_id(?:_number)?|passport_(?:number|no|id)`,
  String.raw`driver'?s?_licen[cs]e(?:_number)?|tax_(?:id|number)|credit_card|bank_account|(?:bank_)?account_number|routing_number`,
];
const SENSITIVE = new RegExp(
  `^(?:(?:(?!public|anon)[a-z0-9]+_)*(?:${SECRETS.join('|')})|(?:hashed_|encrypted_|raw_)?(?:${WHOLE.join('|')}))` +
    '(?:_?(?:hash(?:ed)?|digest|salt|encrypted|ciphertext|enc|plain|value|text))*$',
);
/** Types that hold a value; a flag, a count or a time says only that there is one. */
const VALUES = /^(?:text|character varying|character|bytea|jsonb?|uuid|citext|.*\.citext|name|bpchar)(?:\[\])?$/;
const NUMBERS = /^(?:integer|bigint|numeric)$/;
const NUMBER_WORDS = /ssn|social|card_number|credit_card|cvv|cvc|account_number|routing|pin|passport|national|tax/;

export const sensitiveColumn: AnywhereRule = {
  id: 'sensitive_column',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  subject: 'tables',
  why: 'The name of the column says that it holds a secret or the number of a document. Requests read it.',
  otherLevelWhen: 'for roles that need a token; only for information where a claim keeps each reader to some rows',
  fix: 'Grant the other columns one by one. Keep secrets in a table that no request reads.',
  find: (audited) =>
    audited.survey.relations
      .filter(({ kind, extension }) => kind !== 'S' && extension === null)
      .filter((relation) => audited.reach.isExposed(relation))
      .flatMap((relation) =>
        relation.columns.filter(isSensitive).flatMap((column) => findingOf(audited, relation, column)),
      ),
};

export function isSensitive({ name, type }: SurveyedColumn): boolean {
  const word = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
  return SENSITIVE.test(word) && (VALUES.test(type) || (NUMBERS.test(type) && NUMBER_WORDS.test(word)));
}

function findingOf(audited: Anywhere, relation: SurveyedRelation, column: SurveyedColumn): Found[] {
  const { scope, reach } = audited;
  const readers = scope.roles.filter((role) =>
    reach
      .access(role, relation)
      .some(({ command, columns }) => command === 'select' && (columns?.includes(column.name) ?? true)),
  );
  const reached = readers
    .map((role) => [role, rowsOf(audited, role, relation)] as const)
    .filter(([, rows]) => rows !== 'none');
  const open = reached.filter(([, rows]) => rows === 'others').map(([role]) => role);
  const roles = open.length > 0 ? open : reached.map(([role]) => role);
  const isGranted = [...relation.grants, ...column.grants].some(({ grantee }) =>
    roles.some((role) => reach.identities(role).has(grantee)),
  );
  // What a role reads as an owner, or by pg_read_all_data, is a finding about the role.
  if (!isGranted) return [];
  const isAnonymous = scope.anonymous !== undefined && open.includes(scope.anonymous);
  return [
    {
      level: isAnonymous ? 'error' : open.length > 0 ? 'warning' : 'info',
      object: columnObject(relation, column.name),
      problem: `looks like a secret, and ${listed(roles)} may read it${open.length > 0 ? '' : ', in rows that a claim selects'}`,
      fix: withoutColumn(audited, relation, column, roles),
    },
  ];
}

/** Rows that a role reads: `own` where each condition that gives them asks for a claim. */
function rowsOf(audited: Anywhere, role: string, relation: SurveyedRelation): 'none' | 'own' | 'others' {
  const { reach, texts } = audited;
  if (relation.kind === 'v') {
    const base = relation.reads.filter(isTable);
    if (relation.security_invoker && base.length > 0) {
      const rows = base.map((table) => (reach.may(role, table, 'select') ? rowsOf(audited, role, table) : 'none'));
      return rows.includes('none') ? 'none' : rows.includes('own') ? 'own' : 'others';
    }
    const asks =
      /\brequest\.(?:jwt|headers|cookies)\b/.test(relation.definition ?? '') ||
      relation.calls.some((fn) => texts.readsRequest(fn));
    return asks ? 'own' : 'others';
  }
  if (!isTable(relation) || reach.isUnbound(role, relation)) return 'others';
  if (audited.extent(role, relation, 'select') === 'none') return 'none';
  const policies = reach.policies(role, relation, 'select');
  const asks = (policy: (typeof policies)[number]) => audited.conditions.using(policy)?.readsClaims ?? false;
  const giving = policies.filter(
    (policy) => policy.permissive && !isNeverTrue(audited.policyTruth(policy, 'select', role)),
  );
  const isKept = giving.every(asks) || policies.some((policy) => !policy.permissive && asks(policy));
  return isKept ? 'own' : 'others';
}

function withoutColumn(
  audited: Anywhere,
  relation: SurveyedRelation,
  column: SurveyedColumn,
  roles: readonly string[],
): Fix {
  const text = `grant ${listed(roles)} the other columns one by one`;
  const readBy = (grants: SurveyedColumn['grants']) =>
    granteesOf(audited, grants, (privilege) => privilege === 'SELECT').filter((grantee) =>
      roles.some((role) => audited.reach.identities(role).has(grantee)),
    );
  const [whole, single] = [readBy(relation.grants), readBy(column.grants)];
  const table = sqlName(relation);
  const others = relation.columns.filter((other) => !isSensitive(other)).map(({ name }) => quoteIdentifier(name));
  const revokeColumn = `REVOKE SELECT (${quoteIdentifier(column.name)}) ON TABLE ${table} FROM ${sqlGrantees([...new Set([...whole, ...single])])}`;
  if (whole.length === 0) return fix(text, revokeColumn);
  return fix(
    text,
    `REVOKE SELECT ON TABLE ${table} FROM ${sqlGrantees(whole)}`,
    ...(others.length > 0 ? [`GRANT SELECT (${others.join(', ')}) ON TABLE ${table} TO ${sqlGrantees(whole)}`] : []),
    ...(single.some((grantee) => !whole.includes(grantee)) ? [revokeColumn] : []),
  );
}

import { unfit } from '../../support/answers.ts';
import { answers, since13 } from '../../support/embedded-postgrest.ts';
import {
  honest,
  notAMember,
  now,
  nul,
  overflow,
  powerless,
  says,
  saysText,
  type HostileToken,
} from './hostile-token.ts';
import { audience, issuer } from './vault.ts';

const noExpiry = unfit('the claim "exp" is missing');
const noWholeNumber = (claim: string) => unfit(`the claim "${claim}" is no whole number`);
const otherIssuer = unfit('the token is from another issuer');
const otherAudience = unfit('the token is for another audience');

/** A time that JSON.stringify would not write; the first of two counts. */
const time = (claim: 'exp' | 'nbf' | 'iat', value: string, answer: HostileToken['answer']) =>
  saysText(`${claim} ${value}`, (json) => json.replace('{', `{"${claim}":${value},`), answer);

const later = (claim: 'exp' | 'nbf' | 'iat', seconds: number, answer: HostileToken['answer']) =>
  says(`${claim} in ${seconds} s`, () => ({ ...honest(), [claim]: now() + seconds }), answer);

/** PostgREST forgives clocks 30 seconds. */
const times: readonly HostileToken[] = [
  later('exp', -25, 'user one'),
  later('exp', -32, answers.expired),
  later('exp', -86_400, answers.expired),
  later('nbf', 25, 'user one'),
  later('nbf', 35, answers.notYetValid),
  later('iat', 25, 'user one'),
  later('iat', 35, answers.issuedInFuture),
  // Our own check rejects an odd time on every version of PostgREST. From 13 on, an odd `exp` counts as 0 before.
  later('exp', 600.5, since13(noWholeNumber('exp'), answers.expired)),
  later('nbf', -0.5, noWholeNumber('nbf')),
  later('iat', -0.5, noWholeNumber('iat')),
  time('iat', '1e3', 'user one'),
  time('nbf', '1000.0', 'user one'),
  says('no exp', { exp: undefined }, noExpiry),
  says('exp null', { exp: null }, noExpiry),
  ...['9999999999', '', 'never'].map((exp) => says(`exp ${JSON.stringify(exp)}`, { exp }, answers.badClaims)),
  ...[true, [9999999999], { value: 9999999999 }].map((exp) =>
    says(`exp ${JSON.stringify(exp)}`, { exp }, answers.badClaims),
  ),
  // None of them wraps around. (An exponent of a billion keeps a server busy until it is out of memory: only a trusted
  // signer could do that.)
  ...['0', '-1', '-1e400', '1e-400', '-99999999999999999999'].map((exp) => time('exp', exp, answers.expired)),
  ...['1e400', '9223372036854775808', '18446744073709551616'].map((exp) =>
    time('exp', exp, since13('user one', answers.expired)),
  ),
  ...['1e400', '9223372036854775808', '18446744073709551616'].map((nbf) =>
    time('nbf', nbf, since13(answers.notYetValid, unfit('the token is not valid yet'))),
  ),
  says('nbf "0"', { nbf: '0' }, answers.badClaims),
  says('nbf -1', { nbf: -1 }, 'user one'),
  says('iat "yesterday"', { iat: 'yesterday' }, answers.badClaims),
];

const roles: readonly HostileToken[] = [
  says('no role', { role: undefined }, 'anonymous'),
  says('role vault_anon', { role: 'vault_anon' }, 'anonymous'),
  says('the role under another name', { role: undefined, Role: 'vault_auditor' }, 'anonymous'),
  says(
    'the role in namespaced and nested claims',
    { role: undefined, 'https://vault.example/role': 'vault_auditor', app_metadata: { role: 'vault_auditor' } },
    'anonymous',
  ),
  // What is no text is taken as its JSON.
  ...[null, 1, true, { name: 'vault_auditor' }, [], ['vault_auditor'], '', 'vault_nobody', 'VAULT_AUDITOR'].map(
    (role) => says(`role ${JSON.stringify(role)}`, { role }, answers.noSuchRole),
  ),
  ...[
    'Vault_User',
    ' vault_auditor',
    'vault_auditor ',
    'vault_auditor\n',
    'vault_user,vault_auditor',
    'vаult_аuditor',
  ].map((role) => says(`role ${JSON.stringify(role)}`, { role }, answers.noSuchRole)),
  ...[
    '"vault_auditor"',
    "vault_user'; SET ROLE postgres; --",
    'vault_user"; RESET ROLE; --',
    "'",
    '\\',
    '$1',
    '%s',
  ].map((role) => says(`role ${role}`, { role }, answers.noSuchRole)),
  ...['None', 'default', 'public', 'current_user', 'session_user'].map((role) =>
    says(`role ${role}`, { role }, answers.noSuchRole),
  ),
  says('role of 64 characters, which Postgres cuts', { role: `vault_user${'x'.repeat(54)}` }, answers.noSuchRole),
  says('role of 10,000 characters', { role: 'x'.repeat(10_000) }, answers.noSuchRole),
  says('role with a NUL at its end', { role: 'vault_auditor\0' }, nul),
  says('role with a NUL in it', { role: 'vault_auditor\0x' }, nul),
  ...['postgres', 'vault_owner', 'pg_read_all_data', 'pg_write_all_data', 'pg_execute_server_program'].map((role) =>
    says(`role ${role}`, { role }, notAMember),
  ),
  ...['pg_monitor', 'pg_database_owner', 'pg_signal_backend'].map((role) => says(`role ${role}`, { role }, notAMember)),
  ...['vault_authenticator', 'none'].map((role) => says(`role ${role}`, { role }, powerless)),
];

const parties: readonly HostileToken[] = [
  ...[undefined, null, '', 'https://evil.example', `${issuer}/`, issuer.toUpperCase()].map((iss) =>
    says(`iss ${JSON.stringify(iss)}`, { iss }, otherIssuer),
  ),
  ...[[issuer], { value: issuer }, 1, true, ` ${issuer}`].map((iss) =>
    says(`iss ${JSON.stringify(iss)}`, { iss }, since13(answers.badClaims, otherIssuer)),
  ),
  ...[undefined, null].map((aud) => says(`aud ${JSON.stringify(aud)}`, { aud }, otherAudience)),
  ...['', 'other-api', audience.toUpperCase(), audience.slice(0, -1), '*', ['other-api']].map((aud) =>
    says(`aud ${JSON.stringify(aud)}`, { aud }, answers.otherAudience),
  ),
  ...[[[audience]], [audience, 1], { [audience]: true }, 1, true].map((aud) =>
    says(`aud ${JSON.stringify(aud)}`, { aud }, answers.badClaims),
  ),
  says('aud []', { aud: [] }, answers.noAudience),
  says('aud a list with ours', { aud: ['other-api', audience] }, 'user one'),
];

const first = (json: string, text: string) => json.replace('{', `{${text},`);
const last = (json: string, text: string) => json.replace(/\}$/, `,${text}}`);

/** The first of two counts for every check, and nothing is left of the second: no two parts of the API can differ. */
const duplicates: readonly HostileToken[] = [
  saysText('role twice, the last an auditor', (json) => last(json, '"role":"vault_auditor"'), 'user one'),
  saysText('role twice, the last postgres', (json) => last(json, '"role":"postgres"'), 'user one'),
  saysText('role twice, the first postgres', (json) => first(json, '"role":"postgres"'), notAMember),
  saysText('role again with an escape in its name', (json) => last(json, '"\\u0072ole":"postgres"'), 'user one'),
  saysText('user_id twice, the last another', (json) => last(json, '"user_id":2'), 'user one'),
  saysText('user_id twice, the first another', (json) => first(json, '"user_id":2'), 'user two'),
  saysText('exp twice, the last long ago', (json) => last(json, '"exp":1'), 'user one'),
  saysText('exp twice, the first long ago', (json) => first(json, '"exp":1'), answers.expired),
  saysText('iss twice, the first another', (json) => first(json, '"iss":"https://evil.example"'), otherIssuer),
  saysText('aud twice, the first another', (json) => first(json, '"aud":"other-api"'), answers.otherAudience),
  saysText(
    'a prototype',
    (json) => last(json, '"__proto__":{"role":"vault_auditor"},"constructor":{"prototype":{"user_id":2}}'),
    'user one',
  ),
  // The check before each request reads the claims as jsonb, whose numbers have a limit.
  saysText('a claim of 1e1000000', (json) => last(json, '"x":1e1000000'), overflow),
  says('a claim with a NUL', { 'a\0b': 'c\0d' }, nul),
];

/** What a trusted signer might say by mistake, or be talked into. */
export const claimTokens: readonly HostileToken[] = [...times, ...roles, ...parties, ...duplicates];

import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { namedObject } from '../../finding-object.ts';
import { run } from '../../fix.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { apiRoles } from '../request-roles.ts';
import { isOfLogin, timeoutOf } from '../timeouts.ts';

const SUGGESTED_TIMEOUT = '8s';

export const missingTimeout: AnywhereRule = {
  id: 'missing_timeout',
  topic: 'speed',
  levels: ['warning'],
  subject: 'the server',
  why: 'Without a statement timeout, one slow request holds a connection for ever. A few of them stop the API.',
  fix: 'Set `statement_timeout` for the role of requests, or for the authenticator.',
  find: (audited) => {
    const { authenticator, anonymous } = audited.scope;
    return apiRoles(audited)
      .filter((role) => role === anonymous || isOfLogin(audited, role))
      .filter((role) => timeoutOf(audited, role) === 'none')
      .map((role) => {
        const target = isOfLogin(audited, role) ? role : authenticator!;
        return {
          object: namedObject('role', role),
          problem: 'has no statement timeout, so that its requests may run for ever',
          fix: run(`ALTER ROLE ${quoteIdentifier(target)} SET statement_timeout = ${quoteLiteral(SUGGESTED_TIMEOUT)}`),
        };
      });
  },
};

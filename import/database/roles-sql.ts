import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import type { FoundRole } from './found.ts';

/** Settings that hold secrets, or that the server that is tried may not know. */
const SECRET = /secret|password|key|jwks|db_uri/;

/** The roles of a database with their memberships and settings, for another server. */
export function rolesSql(roles: readonly FoundRole[]): SqlSource {
  const create = roles.map(({ name, superuser, bypass_rls, login }) => {
    const attributes = [superuser ? 'SUPERUSER' : '', bypass_rls ? 'BYPASSRLS' : '', login ? 'LOGIN' : 'NOLOGIN'];
    return `CREATE ROLE ${quoteIdentifier(name)} ${attributes.filter(Boolean).join(' ')}`;
  });
  const grant = roles
    .filter(({ superuser }) => !superuser)
    .flatMap(({ name, member_of, inherits }) =>
      [...new Set([...member_of, ...inherits])].map(
        (role) =>
          `GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(name)} ` +
          `WITH INHERIT ${inherits.includes(role)}, SET ${member_of.includes(role)}`,
      ),
    );
  const set = roles.flatMap(({ name, settings }) =>
    settings.flatMap((setting) => {
      const at = setting.indexOf('=');
      const [parameter, value] = [setting.slice(0, at), setting.slice(at + 1)];
      // Only settings of its own kind are known to every server.
      if (SECRET.test(parameter) || !parameter.includes('.')) return [];
      const parts = parameter.split('.').map(quoteIdentifier).join('.');
      return [`ALTER ROLE ${quoteIdentifier(name)} SET ${parts} = ${quoteLiteral(value)}`];
    }),
  );
  return { file: 'roles', sql: [...create, ...grant, ...set].map((sql) => `${sql};\n`).join('') };
}

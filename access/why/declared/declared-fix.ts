import { fix, type Fix } from '../../../audit/fix.ts';
import { apiRoles } from '../../../declaration/roles.ts';
import type { Declaration } from '../../../declaration/types.ts';

/** Words a fix in SQL as one of the declaration, because the next deploy undoes SQL that was only run. */
export function declaredFix(given: Fix, declaration: Declaration): Fix {
  const [sql] = given.sql;
  if (sql === undefined) return given;
  if (sql.startsWith('CREATE ROLE')) {
    const names = apiRoles(declaration).map(({ name }) => name);
    return fix(`name one of ${names.join(', ')}, or declare the role`);
  }
  return fix(`declare it and deploy; the next deploy undoes a plain ${sql}`, ...given.sql);
}

/**
 * A read of one claim, header or cookie, as PostgREST 11 and earlier had them; its name may be a variable. A function of the
 * schema that takes such a name alone stands for `current_setting`.
 */
const READ = new RegExp(
  String.raw`(?:\bpg_catalog\.)?(?:"current_setting"(?=\()|\bcurrent_setting(?=\()|\b(?:\w+\.)?\w+(?=\([^(),]*\)))` +
    String.raw`\(\s*('+)request\.(jwt\.claim|header|cookie)\.(?:([\w-]+)\1|\1\s*\|\|\s*(\w+|\$\d+))(?:::"?text"?)?` +
    String.raw`\s*(?:,\s*(?:\w+|'\w+')\s*)?\)`,
  'gi',
);

/** SQL that reads claims, headers and cookies where PostgREST 12 and later have them, on the same lines. */
export function withPresentClaims(sql: string): string {
  return sql.replace(READ, (_, quote: string, kind: string, name: string | undefined, variable: string) => {
    const key = name === undefined ? variable : quote + name + quote;
    // Inside a string, quotes are doubled.
    return `(nullif(current_setting(${quote}request.${kind}s${quote}, true), ${quote}${quote})::json ->> ${key})`;
  });
}

/** Environment variables that programs need. */
const NEEDED = /^(PATH|HOME|TZ|LANG|LC_\w+|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|(DY)?LD_\w+|SSL_CERT_(FILE|DIR))$/i;

/**
 * The environment of a server: the rest of this process's may be secrets, which a superuser of Postgres could read, and
 * settings of Postgres or PostgREST that are for other servers.
 */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => NEEDED.test(name)));
}

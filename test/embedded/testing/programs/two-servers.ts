// Starts both servers, prints what they leave traces in, and ends in the way that is asked for.
import { startPostgres } from '../../../../testing/servers/postgres-server.ts';
import { startPostgrest } from '../../../../testing/servers/postgrest-server.ts';

const postgres = await startPostgres();
const { port, user, password } = postgres.connection('postgres');
const postgrest = await startPostgrest({
  env: { PGRST_DB_URI: `postgresql://${user}:${password}@127.0.0.1:${port}/postgres`, PGRST_DB_SCHEMAS: 'public' },
});
console.log(JSON.stringify({ uid: process.getuid?.(), ports: [postgres.port, postgrest.port] }));

switch (process.argv[2]) {
  case 'wait':
    setInterval(() => {}, 1000);
    break;
  case 'exit':
    process.exit(3);
    break;
  case 'throw':
    throw new Error('thrown on purpose');
  case 'stop':
    await Promise.all([postgrest.stop(), postgres.stop()]);
    break;
  default: // it just ends
}

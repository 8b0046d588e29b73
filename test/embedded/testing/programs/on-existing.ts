// Starts an environment on the Postgres of CONNECTION, says so, and ends in the way that is asked for.
import declaration from '../../../../examples/todos/declaration.ts';
import type { DatabaseConnection } from '../../../../postgres/connect.ts';
import { startEphemeralPostgrest } from '../../../../testing/index.ts';

const existing = JSON.parse(process.env['CONNECTION']!) as DatabaseConnection;
await startEphemeralPostgrest(declaration, { backend: { existing } });
console.log('ready');

switch (process.argv[2]) {
  case 'exit':
    process.exit(3);
    break;
  case 'throw':
    throw new Error('thrown on purpose');
  default:
    setInterval(() => {}, 1000);
}

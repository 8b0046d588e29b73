// Drops what environments on an existing Postgres have left; the argument is a file with the admin's connection. Run by the
// reaper of a process that has died.
import { readFileSync } from 'node:fs';
import { connect, type DatabaseConnection } from '../apply/connect.ts';
import { removeAbandonedDatabases } from './existing-backend.ts';

const session = await connect(JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as DatabaseConnection);
await removeAbandonedDatabases(session);
await session.end();

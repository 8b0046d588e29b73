// Drops what environments on an existing Postgres have left; the arguments are a file with the admin's connection, and the id
// of an environment. Run by the reaper of a process that has died.
import { readFileSync } from 'node:fs';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import { endOf, removeAbandonedDatabases } from './existing-backend.ts';

const [file, id] = process.argv.slice(2) as [string, string];
const admin = JSON.parse(readFileSync(file, 'utf8')) as DatabaseConnection;
const session = await connect(admin);
await endOf(session, id);
await removeAbandonedDatabases(session, admin);
await session.end();

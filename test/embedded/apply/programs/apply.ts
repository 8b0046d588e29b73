// Applies to the database of CONNECTION what takes a while.
import { applyDeclaration } from '../../../../apply/index.ts';
import type { DatabaseConnection } from '../../../../postgres/connect.ts';
import { app, drops, slow } from '../../../support/commits/app.ts';

await applyDeclaration(JSON.parse(process.env['CONNECTION']!) as DatabaseConnection, app(drops, slow));

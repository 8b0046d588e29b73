#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command } from 'commander';
import { addApplyCommand } from './apply.ts';
import { addAuditCommand } from './audit.ts';
import { addDevCommand } from './dev.ts';
import { addDiffCommand } from './diff.ts';
import { addDoctorCommand } from './doctor.ts';
import { errorLine } from './error-line.ts';
import { addGenCommand } from './gen.ts';
import { addInitCommand } from './init.ts';
import { addGatewayCommand } from './gateway.ts';
import { addImportCommand } from './import.ts';
import { addKeysCommand } from './keys.ts';
import { addKubernetesCommand } from './kubernetes.ts';
import { addMigrationCommand } from './migration.ts';
import { addPasswordCommand } from './password.ts';
import { addPlanSqlCommand } from './plan-sql.ts';
import { addReloadCommand } from './deploy/reload.ts';
import { addSecretsCommand } from './secrets.ts';
import { addTokenCommand } from './token.ts';
import { addTokenServiceCommand } from './token-service.ts';
import { addWaitCommand } from './deploy/wait.ts';

// The package asks for itself by name, so that this works in the sources and in dist.
const { version } = createRequire(import.meta.url)('cdktf-secured-postgrest/package.json') as { version: string };

const program = new Command('secured-postgrest')
  .description('Declare, deploy and run a secured PostgREST API')
  .version(version);

addInitCommand(program);
addMigrationCommand(program);
addDevCommand(program);
addGenCommand(program);
addDoctorCommand(program);
addImportCommand(program);
addKeysCommand(program);
addTokenCommand(program);
addPasswordCommand(program);
addSecretsCommand(program);
addTokenServiceCommand(program);
addGatewayCommand(program);
addKubernetesCommand(program);
addPlanSqlCommand(program);
addDiffCommand(program);
addAuditCommand(program);
addApplyCommand(program);
addReloadCommand(program);
addWaitCommand(program);

// Node.js would end with status 13, and without a word, where a command waits for what nothing can bring about any more.
const neverSettles = () => {
  console.error(errorLine('the command waits for something that can no longer happen [never_settles]'));
  process.exitCode = 1;
};

process.once('beforeExit', neverSettles);
try {
  await program.parseAsync();
} catch (error) {
  console.error(errorLine(error));
  process.exitCode = 1;
} finally {
  process.off('beforeExit', neverSettles);
}

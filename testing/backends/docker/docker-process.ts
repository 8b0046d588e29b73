import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { hideTexts } from '../../../errors/hide-texts.ts';
import { docker } from './docker-command.ts';
import type { ServerProcess } from '../../servers/server-process.ts';

/**
 * A container that was started, seen as the process that it runs. What it prints is read as long as it runs; `stop`
 * removes it, volumes included.
 *
 * @param hidden texts that the log is shown without
 */
export function containerProcess(name: string, hidden: readonly string[]): ServerProcess {
  const reader = spawn('docker', ['logs', '--follow', name], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The terminal's signals are for others.
    detached: true,
    windowsHide: true,
  });
  const streams = [reader.stdout, reader.stderr] as (Readable & { unref(): void })[];
  let log = '';
  for (const stream of streams) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  reader.on('error', (error) => (log += String(error)));

  let state: State | undefined;
  const closed = new Promise<void>((resolve) => reader.once('close', () => resolve()));
  const end = closed.then(async () => {
    state = await stateOf(name);
  });
  let removed: Promise<void> | undefined;
  const ended = () => {
    if (state === undefined || state.running) return undefined;
    return state.outOfMemory ? 'ran out of memory' : `exited with code ${state.exitCode}`;
  };
  return {
    ended,
    end,
    died: new Promise((resolve) => {
      void end.then(() => removed ?? (ended() !== undefined && resolve(`${name} ${ended()}`)));
    }),
    logs: () => hideTexts(log, hidden),
    unref() {
      for (const handle of [reader, ...streams]) handle.unref();
    },
    stop: () => (removed ??= removeContainer(name)),
  };
}

/** Removes it in whatever state, with its volumes. */
export async function removeContainer(name: string): Promise<void> {
  await docker(['rm', '--force', '--volumes', name]);
}

interface State {
  readonly running: boolean;
  readonly exitCode: string;
  readonly outOfMemory: boolean;
}

async function stateOf(name: string): Promise<State> {
  const format = '{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}}';
  const text = await docker(['inspect', `--format=${format}`, name]).catch(() => 'false unknown false');
  const [running, exitCode, outOfMemory] = text.split(' ');
  return { running: running === 'true', exitCode: exitCode ?? 'unknown', outOfMemory: outOfMemory === 'true' };
}

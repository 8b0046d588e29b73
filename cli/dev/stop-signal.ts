import { END_SIGNALS } from '../../testing/servers/end-signals.ts';

/** Listens for Ctrl-C and the like, until it is disposed of. */
export interface StopSignal extends Disposable {
  /** Resolves with the first one. */
  readonly received: Promise<void>;
}

/**
 * A second Ctrl-C does not cut the end short. Below npm, which may be killed without telling its scripts, the end of the
 * parent process counts as well.
 */
export function listenForStop(): StopSignal {
  const parent = process.env['npm_lifecycle_event'] === undefined ? undefined : process.ppid;
  let resolveReceived: () => void;
  const received = new Promise<void>((resolve) => (resolveReceived = resolve));
  const stop = () => resolveReceived();
  // The timer also keeps this process alive: the servers must not.
  const timer = setInterval(() => {
    if (parent !== undefined && process.ppid !== parent) stop();
  }, 500);
  for (const signal of END_SIGNALS) process.on(signal, stop);
  return {
    received,
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const signal of END_SIGNALS) process.off(signal, stop);
    },
  };
}

import { END_SIGNALS } from './end-signals.ts';

const cleanups = new Set<() => void>();

/**
 * Runs `cleanup` when this process ends, by itself or by a signal, before the returned function took it back.
 * It has to be synchronous: a process that exits waits for nothing.
 */
export function cleanUpAtExit(cleanup: () => void): () => void {
  if (cleanups.size === 0) {
    process.on('exit', runCleanups);
    for (const signal of END_SIGNALS) process.on(signal, endBySignal);
  }
  cleanups.add(cleanup);
  return () => {
    if (cleanups.delete(cleanup) && cleanups.size === 0) removeListeners();
  };
}

function endBySignal(signal: NodeJS.Signals): void {
  // Another listener decides whether the process ends; if so, 'exit' follows.
  if (process.listenerCount(signal) > 1) return;
  runCleanups();
  process.kill(process.pid, signal);
}

function runCleanups(): void {
  removeListeners();
  // What was made last goes first: the server before its directory.
  for (const cleanup of [...cleanups].reverse()) {
    try {
      cleanup();
    } catch {
      // The others still have to run, and nobody is left to tell.
    }
  }
  cleanups.clear();
}

// While nothing is running, signals have their usual effect on the process.
function removeListeners(): void {
  process.off('exit', runCleanups);
  for (const signal of END_SIGNALS) process.off(signal, endBySignal);
}

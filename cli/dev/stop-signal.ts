/**
 * Waits for Ctrl-C and the like. Listeners stay, so that a second Ctrl-C does not cut the end short. Below npm, which
 * may be killed without telling its scripts, the end of the parent process counts as well.
 */
export function untilStopSignal(): Promise<void> {
  const parent = process.env['npm_lifecycle_event'] === undefined ? undefined : process.ppid;
  return new Promise((resolve) => {
    // The timer also keeps this process alive: the servers must not.
    const timer = setInterval(() => {
      if (parent !== undefined && process.ppid !== parent) stop();
    }, 500);
    const stop = () => {
      clearInterval(timer);
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  });
}

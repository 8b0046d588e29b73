/**
 * Runs work some time after it was asked for, and once for everything that was asked for in the meantime; never twice
 * at once.
 *
 * @example
 * const reload = oneAtATime(100, async () => console.log('reloaded'));
 * reload();
 */
export function oneAtATime(delayMs: number, work: () => Promise<void>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    again = false;
    await work();
    running = false;
    if (again) ask();
  };
  const ask = () => {
    again = true;
    clearTimeout(timer);
    if (!running) timer = setTimeout(() => void run(), delayMs);
  };
  return ask;
}

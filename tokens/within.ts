/**
 * Runs a request that has to end in time, its body included.
 *
 * The timer keeps this process alive, which that of `AbortSignal.timeout` does not: Node.js 20 never settles a `fetch` whose
 * connection is closed at once, and a command would then end with status 13 and say nothing.
 */
export async function within<T>(milliseconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { promise: late, end } = after(milliseconds, (reason) => controller.abort(reason));
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    end();
  }
}

function after(milliseconds: number, abort: (reason: Error) => void): { promise: Promise<never>; end: () => void } {
  let timer: NodeJS.Timeout;
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const reason = new DOMException(`no answer within ${milliseconds} ms`, 'TimeoutError');
      reject(reason);
      abort(reason);
    }, milliseconds);
  });
  return { promise, end: () => clearTimeout(timer) };
}

/** Tells on standard error what is being done, and then how long it took. */
export interface Progress {
  /** Something else begins. */
  step(what: string): void;
  /** The last of it has ended. */
  end(): void;
}

export function createProgress(): Progress {
  let started: number | undefined;
  const end = () => {
    if (started !== undefined) process.stderr.write(`${Math.round(performance.now() - started)} ms\n`);
    started = undefined;
  };
  return {
    step(what) {
      end();
      process.stderr.write(`${what} ... `);
      started = performance.now();
    },
    end,
  };
}

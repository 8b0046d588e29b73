/** Numbers the changes of an API, so that pages can wait for the next one. */
export interface Changes {
  /** Tells every page that waits. */
  announce(): void;
  /** Resolves with the number of the latest change as soon as it is another than the given one, or when the time is over. */
  after(number: number, timeoutMs: number): Promise<number>;
}

export function createChanges(): Changes {
  let latest = 0;
  const waiting = new Set<() => void>();
  return {
    announce() {
      latest++;
      for (const wake of waiting) wake();
    },
    async after(number, timeoutMs) {
      if (number !== latest) return latest;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(wake, timeoutMs).unref();
        function wake() {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        }
        waiting.add(wake);
      });
      return latest;
    },
  };
}

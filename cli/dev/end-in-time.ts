import { errorLine } from '../error-line.ts';

/**
 * Runs work, and then gives the end of this process only so long: a migration that hangs must not hold it up. At an exit,
 * too, everything that was started is ended and removed.
 */
export async function endInTime(milliseconds: number, work: () => Promise<void>): Promise<void> {
  const endLater = (end: () => void) => void setTimeout(end, milliseconds).unref();
  try {
    await work();
    endLater(() => process.exit());
  } catch (error) {
    endLater(() => {
      console.error(errorLine(error));
      process.exit(1);
    });
    throw error;
  }
}

import { Figures, type Outcome, type Part } from './report.ts';

/** Runs one benchmark. What it throws, or that it takes too long, is told with the figures that it had until then. */
export async function runPart(
  name: string,
  limitMs: number,
  run: (figures: Figures) => Promise<Outcome>,
): Promise<Part> {
  const figures = new Figures();
  let hung = false;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      hung = true;
      reject(new Error(`it took longer than ${limitMs / 1000} s`));
    }, limitMs);
  });
  try {
    return { name, ...(await Promise.race([run(figures), tooLong])), figures: figures.list() };
  } catch (error) {
    return { name, figures: figures.list(), targets: [], failed: String(error), hung };
  } finally {
    clearTimeout(timer);
  }
}

// Writes the tables of docs/scaling.md from measured.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import type { Figure, Part } from '../report.ts';
import { round } from '../report.ts';
import type { Summary } from '../statistics.ts';
import { tables } from './page-tables.ts';

export const PAGE = new URL('../../docs/scaling.md', import.meta.url);
export const MEASURED = new URL('measured.json', import.meta.url);

/** What `npm run bench -- --only scaling --json FILE` writes. */
export interface Report {
  readonly machine: {
    readonly date: string;
    readonly cores: number;
    readonly processor: string;
    readonly loadBefore: number;
  };
  readonly parts: readonly Part[];
}

/** The measured figures by their names. */
export class MeasuredFigures {
  readonly #figures: ReadonlyMap<string, Figure>;

  constructor(report: Report) {
    this.#figures = new Map(report.parts.flatMap(({ figures }) => figures).map((figure) => [figure.name, figure]));
  }

  of(name: string): Summary {
    return this.#figure(name).value;
  }

  /** The median, with the least and the most if there are several. */
  text(name: string): string {
    const { median, min, max, samples } = this.of(name);
    return samples === 1 ? round(median) : `${round(median)} (${round(min)} to ${round(max)})`;
  }

  names(): string[] {
    return [...this.#figures.keys()];
  }

  #figure(name: string): Figure {
    const figure = this.#figures.get(name);
    if (!figure) throw new Error(`there is no figure "${name}"`);
    return figure;
  }
}

/** The page with the tables that the figures make. */
export async function renderPage(page: string, report: Report): Promise<string> {
  const figures = new MeasuredFigures(report);
  const text = page.replace(
    /(<!-- measured: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, begin: string, name: string, end: string) => {
      const table = tables[name];
      if (!table)
        throw new Error(`docs/scaling.md names a table "${name}"; there are ${Object.keys(tables).join(', ')}`);
      const [head, ...rows] = table(figures, report);
      const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
      return [begin, line(head!), line(head!.map(() => '-')), ...rows.map(line), '', end].join('\n');
    },
  );
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

export const readReport = () => JSON.parse(readFileSync(MEASURED, 'utf8')) as Report;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(PAGE, await renderPage(readFileSync(PAGE, 'utf8'), readReport()));
}

// Draws the history of the benchmarks into a page of the site: benchmark-history.ts PAGE
import { readFileSync, writeFileSync } from 'node:fs';
import { readHistory } from '../bench/history/history-file.ts';
import { historySections } from '../bench/history/history-page.ts';

const MARK = '<!-- charts -->';

const page = process.argv[2]!;
const text = readFileSync(page, 'utf8');
if (!text.includes(MARK)) throw new Error(`${page}: there is no ${MARK}`);
writeFileSync(
  page,
  text.replace(MARK, () => historySections(readHistory())),
);

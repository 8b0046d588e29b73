// Writes the pictures of the access matrix in README.md: measured in the example "projects", drawn by Chromium.
import { fileURLToPath } from 'node:url';
import projects from '../examples/projects/declaration.ts';
import { sqlFile } from '../index.ts';
import { launchBrowser } from '../test/support/browser.ts';
import { ada, ben, bob, eu, mia } from '../test/support/access/projects-subjects.ts';
import { matrixHtml, startEphemeralPostgrest, type Subjects } from '../testing/index.ts';

const SHOWN = ['tasks', 'invoices'];
const SUBJECTS: Subjects = {
  'no token': undefined,
  'ada, member': ada,
  'ben, member': ben,
  'mia, manager': mia,
  'bob, other tenant': bob,
  'EU auditor': eu,
};

const seed = sqlFile(new URL('../examples/projects/seed.sql', import.meta.url));
await using environment = await startEphemeralPostgrest(projects, { seed: [seed] });
const matrix = await environment.access(SUBJECTS);
const relations = SHOWN.map((name) => matrix.relations.find((relation) => relation.name === name)!);
const html = matrixHtml({ ...matrix, relations });

const browser = await launchBrowser();
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await browser.newPage({ colorScheme, deviceScaleFactor: 2, viewport: { width: 900, height: 600 } });
  await page.setContent(html);
  await page.addStyleTag({ content: 'main { padding: 1rem 1rem 1px }' });
  const path = fileURLToPath(new URL(`../docs/pictures/access-matrix-${colorScheme}.png`, import.meta.url));
  await page.locator('main').screenshot({ path });
}
await browser.close();

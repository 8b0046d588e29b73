// Writes the pictures of the access map in README.md: of the example "projects", drawn by Chromium.
import { fileURLToPath } from 'node:url';
import projects from '../examples/projects/declaration.ts';
import { launchBrowser } from '../test/support/browser.ts';
import { accessMap, accessMapHtml } from '../testing/index.ts';

const SHOWN = ['projects', 'tasks'];

const map = await accessMap(projects);
const relations = map.relations.filter(({ name }) => SHOWN.includes(name));
const html = accessMapHtml({ ...map, relations, functions: [] });

const browser = await launchBrowser();
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await browser.newPage({ colorScheme, deviceScaleFactor: 2, viewport: { width: 1060, height: 600 } });
  await page.setContent(html);
  await page.addStyleTag({ content: 'main { padding: 1rem 1rem 1px }' });
  const path = fileURLToPath(new URL(`../docs/pictures/access-map-${colorScheme}.png`, import.meta.url));
  await page.locator('main').screenshot({ path });
}
await browser.close();

import { showAccess } from './access.js';
import { element } from './elements.js';
import { startFilters } from './filters.js';
import {
  choose,
  chosenSchema,
  current,
  loadIdentities,
  requestHeaders,
  showIdentity,
  startIdentity,
} from './identity.js';
import { followChanges } from './live.js';
import { attempt, report } from './messages.js';
import { describeRequests } from './requests.js';
import { describeRows, startRows } from './rows.js';
import { showRules } from './rules.js';
import { ask, keepSecret } from './server.js';
import { shownTab, startTabs } from './tabs.js';

/** The latest description that was asked for: answers may come in another order. */
let latest = 0;

async function show() {
  showIdentity();
  const { role } = current();
  const number = ++latest;
  const query = new URLSearchParams({ role, schema: chosenSchema().name });
  const { Authorization } = requestHeaders('GET');
  let spec;
  try {
    spec = await ask(`/openapi?${query}`, { headers: { ...(Authorization && { Authorization }) } });
  } catch (error) {
    if (number !== latest) return;
    await display({ swagger: '2.0', paths: {} });
    throw new Error(`the API does not describe itself to ${role}: ${error.message}`, { cause: error });
  }
  if (number !== latest) return;
  await display(spec);
  report(`Showing what ${role} may do.`);
}

async function display(spec) {
  describeRequests(spec);
  await describeRows(spec);
}

/** Tabs whose content is read whenever they are shown. */
const measured = { access: showAccess, rules: showRules };

/** Shows the API as it is now. */
async function refresh() {
  await loadIdentities();
  await show();
  await measured[shownTab()]?.();
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(element(button.dataset.copy).textContent);
    report('Copied.');
  } catch {
    throw new Error('the browser does not let this page copy: select the text instead');
  }
}

async function start() {
  await loadIdentities();
  // The role of a page that was loaded again.
  choose(decodeURIComponent(location.hash.slice(1)));
  startTabs((name) => measured[name] && void attempt(measured[name]));
  await attempt(show);
  await followChanges(
    async () => {
      await refresh();
      element('problem').textContent = '';
    },
    (error) => (element('problem').textContent = error.message),
  );
}

/** Swagger UI has a dark style of its own. */
const dark = matchMedia('(prefers-color-scheme: dark)');
const followScheme = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', followScheme);
followScheme();

startIdentity(show);
startRows();
startFilters();
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => attempt(() => copy(button)));
}
// The link of another run, opened in the same tab.
addEventListener('hashchange', () => {
  if (keepSecret()) location.reload();
});
keepSecret();
void attempt(start);

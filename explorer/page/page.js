/* global addEventListener, document, fetch, history, location, navigator, sessionStorage, SwaggerUIBundle, URLSearchParams */

const element = (id) => document.getElementById(id);
const role = element('role');
const schema = element('schema');
const claims = element('claims');

/** Of the API itself. */
let apiUrl;
/** Each role with claims, token and curl line. */
let identities = [];
/** Made once, so that what is unfolded and filled in stays when another role is chosen. */
let swagger;
/** The latest description that was asked for: answers may come in another order. */
let latest = 0;

const current = () => identities.find((identity) => identity.role === role.value);

/** Moves the secret from the link to this tab, out of the address and what the browser remembers of it. */
function keepSecret() {
  const [, secret] = /^#secret=(.*)$/.exec(location.hash) ?? [];
  if (secret === undefined) return false;
  sessionStorage.setItem('secret', secret);
  history.replaceState(null, '', '/');
  return true;
}

function fetchWithSecret(path, options = {}) {
  const secret = sessionStorage.getItem('secret') ?? '';
  return fetch(path, { ...options, headers: { ...options.headers, 'Explorer-Secret': secret } });
}

async function ask(path, options) {
  const response = await fetchWithSecret(path, options).catch(() => {
    throw new Error('the explorer does not answer: was it ended?');
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

/** Does something, and tells what went wrong. */
async function attempt(action) {
  element('problem').textContent = '';
  try {
    await action();
  } catch (error) {
    element('problem').textContent = error.message;
  }
}

function fill(select, values) {
  select.replaceChildren(
    ...values.map((value) => {
      const option = document.createElement('option');
      option.textContent = value;
      return option;
    }),
  );
}

async function load() {
  const answer = await ask('/identities');
  ({ apiUrl, identities } = answer);
  document.title = `${answer.name}: API explorer`;
  element('name').textContent = answer.name;
  fill(
    role,
    identities.map((identity) => identity.role),
  );
  fill(schema, answer.schemas);
  element('schema-field').hidden = answer.schemas.length === 1;
  // Of a page that was loaded again.
  const before = decodeURIComponent(location.hash.slice(1));
  if (identities.some((identity) => identity.role === before)) role.value = before;
  await show();
}

async function show() {
  location.replace(`#${encodeURIComponent(role.value)}`);
  const identity = current();
  const anonymous = identity.token === undefined;
  element('anonymous').hidden = !anonymous;
  element('claims-form').hidden = anonymous;
  element('token-line').hidden = anonymous;
  element('token').textContent = identity.token ?? '';
  element('curl').textContent = identity.curl;
  claims.value = JSON.stringify(identity.claims, null, 2);
  claims.removeAttribute('aria-invalid');
  element('identity').hidden = false;
  await describe(identity);
}

async function describe(identity) {
  const number = ++latest;
  const headers = identity.token === undefined ? {} : { Authorization: `Bearer ${identity.token}` };
  const query = new URLSearchParams({ role: identity.role, schema: schema.value });
  try {
    const spec = await ask(`/openapi?${query}`, { headers });
    if (number !== latest) return;
    display(spec);
    element('status').textContent = `Showing what ${identity.role} may do.`;
  } catch (error) {
    if (number !== latest) return;
    display({ swagger: '2.0', paths: {} });
    throw new Error(`the API does not describe itself to ${identity.role}: ${error.message}`, { cause: error });
  }
}

function display(spec) {
  if (swagger === undefined) {
    swagger = SwaggerUIBundle({
      domNode: element('swagger'),
      spec,
      validatorUrl: null,
      tryItOutEnabled: true,
      displayRequestDuration: true,
      defaultModelsExpandDepth: 0,
      requestInterceptor: authorize,
    });
    return;
  }
  const { specActions, specSelectors } = swagger.getSystem();
  // What one role was answered says nothing about another.
  for (const [path, operations] of Object.entries(specSelectors.specJson().toJS().paths)) {
    for (const method of Object.keys(operations)) {
      specActions.clearResponse(path, method);
      specActions.clearRequest(path, method);
    }
  }
  specActions.updateSpec(JSON.stringify(spec));
}

/** Makes a request of Swagger UI one of the chosen role, about the chosen schema. */
function authorize(request) {
  const { token } = current();
  if (token !== undefined) request.headers.Authorization = `Bearer ${token}`;
  if (schema.selectedIndex > 0) {
    request.headers[['GET', 'HEAD'].includes(request.method) ? 'Accept-Profile' : 'Content-Profile'] = schema.value;
  }
  // Kept answers may be another role's.
  request.cache = 'no-store';
  // Shown is the request to the API itself, which works in a terminal. The explorer passes it on, and wants the secret.
  const path = request.url.slice(location.origin.length);
  request.userFetch = (_, options) => fetchWithSecret(path, options);
  request.url = apiUrl + path.slice('/api'.length);
  return request;
}

async function useClaims() {
  const identity = current();
  let edited;
  try {
    edited = JSON.parse(claims.value);
    Object.assign(
      identity,
      await ask('/token', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ role: identity.role, claims: edited }),
      }),
    );
  } catch (error) {
    claims.setAttribute('aria-invalid', 'true');
    throw error;
  }
  await show();
  element('status').textContent = 'Requests now carry a token with these claims.';
}

async function copy(button) {
  const text = element(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
    element('status').textContent = 'Copied.';
  } catch {
    throw new Error('the browser does not let this page copy: select the text instead');
  }
}

role.addEventListener('change', () => attempt(show));
schema.addEventListener('change', () => attempt(show));
element('claims-form').addEventListener('submit', (event) => {
  event.preventDefault();
  void attempt(useClaims);
});
for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => attempt(() => copy(button)));
}
// The link of another run, opened in the same tab.
addEventListener('hashchange', () => {
  if (keepSecret()) location.reload();
});
keepSecret();
void attempt(load);

import { element, fill } from './elements.js';
import { attempt, report } from './messages.js';
import { ask } from './server.js';

const role = element('role');
const schema = element('schema');
const claims = element('claims');

/** Each role with claims, token and curl line. */
let identities = [];
/** The claims that were edited, by role: they outlive a change of the API. */
const edited = new Map();
let onChange = () => {};

/** The API itself. */
export let apiUrl;
export const current = () => identities.find((identity) => identity.role === role.value);
export const chosenSchema = () => ({ name: schema.value, isFirst: schema.selectedIndex <= 0 });

/** Headers of a request as the chosen role about the chosen schema. */
export function requestHeaders(method) {
  const { token } = current();
  const profile = ['GET', 'HEAD'].includes(method) ? 'Accept-Profile' : 'Content-Profile';
  return {
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...(schema.selectedIndex > 0 && { [profile]: schema.value }),
  };
}

/** Reads the roles of the API as it is now. What is chosen stays, as far as it is still there. */
export async function loadIdentities() {
  const answer = await ask('/identities');
  apiUrl = answer.apiUrl;
  identities = (await Promise.all(answer.identities.map(withEditedClaims))).sort(byRole);
  document.title = `${answer.name}: API explorer`;
  element('name').textContent = answer.name;
  fill(
    role,
    identities.map((identity) => identity.role),
  );
  fill(schema, answer.schemas);
  element('schema-field').hidden = answer.schemas.length === 1;
}

/** The anonymous role comes first. */
function byRole(a, b) {
  if ((a.token === undefined) !== (b.token === undefined)) return a.token === undefined ? -1 : 1;
  return a.role < b.role ? -1 : 1;
}

async function withEditedClaims(identity) {
  if (!edited.has(identity.role) || identity.token === undefined) return identity;
  return tokenFor(identity.role, edited.get(identity.role)).catch(() => identity);
}

/** Chooses a role, where there is one of that name. */
export function choose(name) {
  if (identities.some((identity) => identity.role === name)) role.value = name;
}

export function showIdentity() {
  location.replace(`#${encodeURIComponent(role.value)}`);
  const identity = current();
  const anonymous = identity.token === undefined;
  const text = JSON.stringify(identity.claims);
  element('viewed-as').textContent = anonymous
    ? `Viewed as ${identity.role}, without a token`
    : `Viewed as ${identity.role} with the claims ${text}`;
  element('anonymous').hidden = !anonymous;
  element('claims-form').hidden = anonymous;
  element('token-line').hidden = anonymous;
  element('token').textContent = identity.token ?? '';
  element('curl').textContent = identity.curl;
  // A change of the API must not take away what somebody is writing.
  if (document.activeElement !== claims) claims.value = JSON.stringify(identity.claims, null, 2);
  claims.removeAttribute('aria-invalid');
  element('identity').hidden = false;
}

function tokenFor(name, wanted) {
  return ask('/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ role: name, claims: wanted }),
  });
}

async function useClaims() {
  const identity = current();
  try {
    const wanted = JSON.parse(claims.value);
    Object.assign(identity, await tokenFor(identity.role, wanted));
    edited.set(identity.role, wanted);
  } catch (error) {
    claims.setAttribute('aria-invalid', 'true');
    throw error;
  }
  claims.blur();
  await onChange();
  report('Requests now carry a token with these claims.');
}

/** @param listener called when another role, schema or claims are chosen */
export function startIdentity(listener) {
  onChange = listener;
  role.addEventListener('change', () => attempt(onChange));
  schema.addEventListener('change', () => attempt(onChange));
  element('claims-form').addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt(useClaims);
  });
}

/* global SwaggerUIBundle */
import { element } from './elements.js';
import { apiUrl, requestHeaders } from './identity.js';
import { spellOut } from './query.js';
import { fetchWithSecret } from './server.js';

/** Headers with which the explorer protects its own origin: the API did not send them. */
const ADDED = [
  'content-security-policy',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'referrer-policy',
  'x-content-type-options',
];

/** Made once, so that what is unfolded and filled in stays when another role is chosen. */
let swagger;
/** The address of what it shows, by path and method. */
let shown = { paths: {} };

/** Shows the requests that a description allows. */
export function describeRequests(spec) {
  shown = spec;
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
  Object.assign(request.headers, requestHeaders(request.method));
  // Shown is the request to the API itself, which works in a terminal. The explorer passes it on, and wants the secret.
  const path = withFilters(request.url.slice(location.origin.length));
  request.userFetch = async (_, options) => asTheApiSent(await fetchWithSecret(path, options));
  request.url = apiUrl + path.slice('/api'.length);
  return request;
}

/** Spells out the filters of a request, so that `1` and `= 1` are read as `eq.1`. */
function withFilters(address) {
  const [path, query] = address.split(/\?(.*)/s);
  const properties = shown.definitions?.[decodeURIComponent(path.slice('/api/'.length))]?.properties;
  if (query === undefined || properties === undefined) return address;
  const parameters = query.split('&').map((parameter) => {
    const [name, value] = parameter.split(/=(.*)/s);
    if (value === undefined || !(decodeURIComponent(name) in properties)) return parameter;
    return `${name}=${encodeURIComponent(spellOut(decodeURIComponent(value.replaceAll('+', ' '))))}`;
  });
  return `${path}?${parameters.join('&')}`;
}

function asTheApiSent(response) {
  const headers = [...response.headers].filter(([name]) => !ADDED.includes(name));
  const hasBody = ![101, 204, 205, 304].includes(response.status);
  const { status, statusText } = response;
  return new Response(hasBody ? response.body : null, { status, statusText, headers });
}

import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Changes } from './changes.ts';
import { bearer, curlLine } from './curl-line.ts';
import { describeApi } from './describe-api.ts';
import type { ExplorerOptions } from './options.ts';
import type { ServedFile } from './files.ts';
import { isForThisServer, isFromOwnPage } from './own-requests.ts';
import { proxy, unreachable } from './proxy.ts';
import { protect, respondJson, respondProblem } from './respond.ts';
import { hasSecret } from './secret.ts';
import { readTokenRequest } from './token-request.ts';

/** Parts that answers are made of. */
export interface Context extends ExplorerOptions {
  readonly files: ReadonlyMap<string, ServedFile>;
  readonly port: number;
  readonly secret: string;
  readonly changes: Changes;
}

/** How long a page waits for a change before it asks again: browsers give up after some minutes. */
const LONGEST_WAIT_MS = 25_000;

/** Answers one request, or passes it on to the API. */
export async function answer(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  if (!isForThisServer(request, context.port)) {
    return respondProblem(response, 421, `this is http://127.0.0.1:${context.port}, and answers to no other name`);
  }
  const { method, url = '/' } = request;
  const [path = '/', query = ''] = url.split(/\?(.*)/s);
  if (!isWellFormed(path) || query.includes('%00'))
    return respondProblem(response, 400, 'the address is not well-formed');
  const file = context.files.get(path);
  if (file !== undefined) {
    return method === 'GET' ? respondFile(response, file) : respondProblem(response, 405, `${path} can only be read`);
  }
  // From here on there is something to gain. The files above are the same for everybody, and hold no secret.
  if (!isFromOwnPage(request)) return respondProblem(response, 403, 'pages of other sites have no access');
  if (!hasSecret(request, context.secret)) {
    return respondProblem(
      response,
      401,
      'the secret of this run is missing or wrong: open the link that `dev` printed',
    );
  }
  if (path === '/api' || path.startsWith('/api/')) {
    const rest = path.slice('/api'.length) || '/';
    return proxy(request, response, context.apiUrl, url.includes('?') ? `${rest}?${query}` : rest);
  }
  switch (`${method} ${path}`) {
    case 'GET /identities':
      return respondJson(response, 200, await describeIdentities(context));
    case 'GET /openapi':
      return respondDescription(request, response, new URLSearchParams(query), context);
    case 'GET /map':
      return respondJson(response, 200, await context.map());
    case 'GET /access':
      return respondJson(response, 200, await context.access());
    case 'GET /changes':
      return respondChange(response, Number(new URLSearchParams(query).get('after')), context);
    case 'POST /token':
      return respondToken(request, response, context);
    default:
      return respondProblem(response, 404, `there is no ${method} ${path}`);
  }
}

/** PostgREST cuts a name at a NUL: `/notes%00` would be `/notes`. */
function isWellFormed(path: string): boolean {
  try {
    return !decodeURIComponent(path).includes('\0');
  } catch {
    return false;
  }
}

async function respondFile(response: ServerResponse, { file, type }: ServedFile): Promise<void> {
  const content = await readFile(file);
  protect(response, 'page');
  // Another explorer may have had this port before.
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(content);
}

async function describeIdentities({ apiUrl, declaration, identities }: Context) {
  const { name, schemas } = declaration();
  const known = await identities();
  return {
    name,
    apiUrl,
    schemas,
    identities: known.map((identity) => ({
      ...identity,
      curl: curlLine(apiUrl, declaration(), identity.role, identity.token && bearer(identity.token)),
    })),
  };
}

async function respondDescription(
  { headers: { authorization } }: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
  { apiUrl, declaration, functions }: Context,
): Promise<void> {
  const role = query.get('role') ?? '';
  const schema = query.get('schema') ?? undefined;
  const known = await functions();
  try {
    const { status, body } = await describeApi(
      apiUrl,
      { declaration: declaration(), functions: known },
      { role, authorization, schema },
    );
    respondJson(response, status, body);
  } catch (error) {
    const { cause } = error as Error;
    respondProblem(response, 502, unreachable(apiUrl, cause instanceof Error ? cause : (error as Error)));
  }
}

async function respondChange(response: ServerResponse, after: number, { changes }: Context): Promise<void> {
  respondJson(response, 200, { change: await changes.after(after, LONGEST_WAIT_MS) });
}

async function respondToken(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const asked = await readTokenRequest(request);
  if ('problem' in asked) return respondProblem(response, 400, asked.problem);
  const { role, claims } = asked;
  try {
    const token = await context.tokenFor(role, claims);
    respondJson(response, 200, {
      role,
      claims,
      token,
      curl: curlLine(context.apiUrl, context.declaration(), role, bearer(token)),
    });
  } catch (error) {
    respondProblem(response, 400, (error as Error).message);
  }
}

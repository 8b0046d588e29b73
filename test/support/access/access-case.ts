import assert from 'node:assert/strict';

/** An API to check, wherever it runs. */
export interface AccessApi {
  /** Without a slash at the end. */
  readonly url: string;
  /** A token that the API trusts, with the issuer and audience that the declaration asks for. */
  tokenFor(role: string, claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

/** Who asks: the role and claims of a token. */
export interface Subject {
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** Who asks, by name; undefined is a request without a token. */
export type Subjects = Readonly<Record<string, Subject | undefined>>;

export type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

/** What PostgREST says in an error, but for its hint. */
export interface ErrorAnswer {
  readonly code: string;
  readonly message: string | RegExp;
  /** @default null */
  readonly details?: string | RegExp | null;
}

/** One request and all that is expected of its answer. */
export interface AccessStep {
  /** @default a request without a token */
  readonly as?: Subject;
  readonly request: `${Method} /${string}`;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Several where PostgREST's versions differ. */
  readonly status: number | readonly number[];
  /** The whole JSON; `''` for an empty body. */
  readonly answer?: unknown;
  readonly error?: ErrorAnswer;
  /** The header Content-Range: which rows are here, and how many are counted. */
  readonly range?: string;
  /** The paths of the OpenAPI description, in any order. */
  readonly paths?: readonly string[];
}

/** A named sequence of requests that leaves the data as it was. */
export interface AccessCase {
  readonly name: string;
  readonly steps: readonly AccessStep[];
  /** Sent in any case, to remove what the steps have made. */
  readonly cleanUp?: readonly AccessStep[];
}

/** Sends the requests of a case; throws an assertion error that names the case and the request. */
export async function checkAccess(api: AccessApi, { name, steps, cleanUp = [] }: AccessCase): Promise<void> {
  try {
    for (const step of steps) await checkStep(api, step, name);
  } finally {
    for (const step of cleanUp) await checkStep(api, step, `${name} (cleaning up)`);
  }
}

async function checkStep(api: AccessApi, step: AccessStep, name: string): Promise<void> {
  const token = step.as && (await api.tokenFor(step.as.role, step.as.claims));
  const response = await send(api.url, step, token);
  const place = `${name}: ${step.request}\n${response.status} ${response.text}`;
  assert.ok([step.status].flat().includes(response.status), `${place}\nexpected the status ${String(step.status)}`);
  if (step.answer !== undefined) assert.deepEqual(parse(response.text), step.answer, place);
  if (step.range !== undefined) assert.equal(response.range, step.range, place);
  if (step.paths) {
    const { paths } = parse(response.text) as { paths: object };
    assert.deepEqual(Object.keys(paths).sort(), [...step.paths].sort(), place);
  }
  if (step.error) checkError(parse(response.text), step.error, place);
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly range: string | null;
}

/** Sends one request. */
export async function send(
  url: string,
  { request, headers = {}, body }: Pick<AccessStep, 'request' | 'headers' | 'body'>,
  token?: string,
): Promise<Answer> {
  const [method, path] = request.split(/ (.*)/s) as [Method, string];
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text(), range: response.headers.get('content-range') };
}

export function checkError(answer: unknown, expected: ErrorAnswer, place: string): void {
  const { code, message, details } = answer as { code: string; message: string; details?: unknown };
  assert.equal(code, expected.code, place);
  checkText(message, expected.message, place);
  // From PostgREST 16 on there are none by default.
  if (details !== undefined) checkText(details, expected.details ?? null, place);
}

function checkText(text: unknown, expected: string | RegExp | null, place: string): void {
  if (expected instanceof RegExp) assert.match(String(text), expected, place);
  else assert.equal(text, expected, place);
}

function parse(text: string): unknown {
  return text === '' ? '' : JSON.parse(text);
}

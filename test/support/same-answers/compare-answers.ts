import type { Subjects } from '../../../access/subjects.ts';
import type { Note } from '../../../import/report/notes.ts';
import { INSUFFICIENT_PRIVILEGE } from '../../../postgres/sqlstate.ts';
import type { Api } from './bare-api.ts';
import type { GeneratedRequest } from './requests.ts';

/** A status and a body, without what differs between any two databases. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly range: string | null;
}

/** Requests by how both APIs answered them. */
export interface ComparedAnswers {
  readonly same: number;
  /** Requests that both APIs answered with a status below 300. */
  readonly served: number;
  /** Lines about answers that the report of the import explains. */
  readonly explained: readonly string[];
  readonly unexplained: readonly string[];
}

/** An API, with a token of each subject that has one. */
export interface Side extends Api {
  readonly tokens: ReadonlyMap<string, string>;
}

interface Sides {
  readonly bare: Side;
  readonly imported: Side;
  readonly subjects: Subjects;
  readonly notes: readonly Note[];
}

const RESTART = `SELECT setval(c.oid::regclass, 5000, true) FROM pg_class AS c WHERE c.relkind = 'S'`;

/** Sends the same requests to both, and compares the answers. */
export async function compareAnswers(requests: readonly GeneratedRequest[], sides: Sides): Promise<ComparedAnswers> {
  let same = 0;
  let served = 0;
  const explained: string[] = [];
  const unexplained: string[] = [];
  for (const request of requests) {
    if (request.method === 'POST') await Promise.all([sides.bare, sides.imported].map((api) => api.query(RESTART)));
    const [old, now] = await Promise.all([answer(sides.bare, request), answer(sides.imported, request)]);
    if (JSON.stringify(old) === JSON.stringify(now)) {
      same++;
      if (old.status < 300) served++;
      continue;
    }
    const reason = reasonOf(request, old, now, sides);
    const line = lineOf(request, old, now);
    if (reason === undefined) unexplained.push(line);
    else explained.push(`${reason}: ${line}`);
  }
  return { same, served, explained, unexplained };
}

async function answer(api: Side, request: GeneratedRequest): Promise<Answer> {
  const token = api.tokens.get(request.subject);
  const { method, path, headers, body } = request;
  const response = await fetch(api.url + path, {
    method,
    headers: {
      ...headers,
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: comparable(text), range: response.headers.get('Content-Range') };
}

const NOW = new RegExp(`"${new Date().getUTCFullYear()}-\\d\\d-\\d\\d[T ][\\d:.+Z-]+"`, 'g');
/** Random UUIDs have version 4; those of the rows have not. */
const RANDOM_UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-(?!000000009001)[0-9a-f]{12}/g;

/**
 * The body without times of this year and random UUIDs. Of an error, code and message are compared: details and hints name
 * objects that only one schema cache has. Where a privilege lacks, the message names the object that Postgres met first.
 */
function comparable(text: string): unknown {
  const plain = text.replace(NOW, '"now"').replace(RANDOM_UUID, 'uuid');
  try {
    const body: unknown = JSON.parse(plain);
    if (typeof body !== 'object' || body === null || !('code' in body) || !('hint' in body)) return body;
    const { code, message } = body as { readonly code?: unknown; readonly message?: unknown };
    return code === INSUFFICIENT_PRIVILEGE ? { code } : { code, message };
  } catch {
    return plain;
  }
}

/** SQLSTATE of a statement timeout. */
const QUERY_CANCELED = '57014';

/** Reasons that close an object to the role that asks. */
const CLOSING: readonly Note['reason'][] = [
  'rejected_condition',
  'unprotected_relation',
  'rewrite_rule',
  'untrusted_function',
];

/** The reason of the note that explains a difference. */
function reasonOf(request: GeneratedRequest, old: Answer, now: Answer, { notes, subjects }: Sides): string | undefined {
  // A request without a token has the name of its role.
  const role = subjects[request.subject]?.role ?? request.subject;
  const about = notes.filter((note) => request.objects.some((object) => isAbout(note, object)));
  const has = (...reasons: Note['reason'][]) => about.find(({ reason }) => reasons.includes(reason))?.reason;
  const refused = isRefused(now);
  if (refused && reachedNoRow(old)) {
    const grant = about.find(({ reason, detail }) => reason === 'grant_without_rows' && detail?.startsWith(`${role}:`));
    if (grant) return grant.reason;
  }
  const wider = notes.find(({ reason, detail }) => reason === 'wider_grant' && detail?.split(/[ ,]+/).includes(role));
  // Before, the role could not execute what a function that it calls needs.
  if (wider && isRefused(old) && !refused && (request.path.startsWith('/rpc/') || request.method === 'POST')) {
    return wider.reason;
  }
  const closed = refused || now.status === 404 ? has(...CLOSING) : undefined;
  const readOnly = refused && old.status >= 400 ? has('read_only_view') : undefined;
  const isSlow = (now.body as { readonly code?: unknown } | null)?.code === QUERY_CANCELED;
  if (isSlow && notes.some(({ reason, object }) => reason === 'timeout' && object === role)) return 'timeout';
  return closed ?? readOnly ?? has('view_over_exposed', 'rewrite_rule', 'superuser_setting');
}

function isAbout({ object }: Note, name: string): boolean {
  return object === name || object.endsWith(` on ${name}`);
}

function isRefused({ status }: Answer): boolean {
  return status === 401 || status === 403;
}

function reachedNoRow({ status, body }: Answer): boolean {
  return status < 300 && Array.isArray(body) && body.length === 0;
}

function lineOf({ subject, method, path, body }: GeneratedRequest, old: Answer, now: Answer): string {
  const sent = body === undefined ? '' : ` ${JSON.stringify(body)}`;
  return `${subject}: ${method} ${path}${sent}: ${shown(old)} before, ${shown(now)} now`.slice(0, 600);
}

function shown({ status, body, range }: Answer): string {
  return `${status} ${JSON.stringify(body)?.slice(0, 200) ?? ''}${range === null ? '' : ` (${range})`}`;
}

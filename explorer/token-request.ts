import type { IncomingMessage } from 'node:http';
import { isObject } from '../declaration/is-object.ts';

const MAX_BYTES = 100_000;

export type TokenRequest =
  { readonly role: string; readonly claims: Readonly<Record<string, unknown>> } | { readonly problem: string };

/** Reads `{"role": ..., "claims": {...}}`, or says why the body is something else. */
export async function readTokenRequest(request: IncomingMessage): Promise<TokenRequest> {
  // Forms of other sites cannot send this type.
  if (request.headers['content-type'] !== 'application/json') return { problem: 'send application/json' };
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to its end all the same: the connection serves further requests.
    if (size <= MAX_BYTES) chunks.push(chunk);
  }
  if (size > MAX_BYTES) return { problem: `send no more than ${MAX_BYTES} bytes` };
  let body: unknown;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString(), refuseRounded);
  } catch (error) {
    return { problem: (error as Error).message };
  }
  if (!isObject(body) || typeof body['role'] !== 'string') return { problem: 'name a role' };
  const { role, claims } = body;
  return isObject(claims) ? { role, claims } : { problem: 'claims are a JSON object, such as {"user_id": 1}' };
}

/** A rounded number would name somebody else. */
function refuseRounded(_: string, value: unknown): unknown {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new Error(`${String(value)} is too large for a JSON number; write it as text, "..."`);
  }
  return value;
}

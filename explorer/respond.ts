import type { ServerResponse } from 'node:http';

/** Content security policy: own files only. Swagger UI's style sheet holds pictures as `data:`. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers that keep an answer of the API from running as a page of this origin, which could read tokens. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

/** Says what a browser must not do with an answer. */
export function protect(response: ServerResponse, content: 'page' | 'data'): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  response.setHeader('Content-Security-Policy', content === 'page' ? PAGE_POLICY : DATA_POLICY);
}

/** Answers with JSON that nobody keeps: it may hold tokens. */
export function respondJson(response: ServerResponse, status: number, value: unknown): void {
  protect(response, 'data');
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(value));
}

/** Answers with what went wrong, in the form of PostgREST's own errors. */
export function respondProblem(response: ServerResponse, status: number, message: string): void {
  respondJson(response, status, { message });
}

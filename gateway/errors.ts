import { block, directive } from './directive.ts';

/** Messages of the gateway's own errors, by status. */
const MESSAGES: Readonly<Record<number, string>> = {
  400: 'The request is malformed',
  401: 'The token is not valid here',
  403: 'The request is not allowed here',
  404: 'There is nothing at this address',
  405: 'The method is not allowed',
  408: 'The request took too long',
  411: 'The length of the body is missing',
  413: 'The body is too large',
  414: 'The address with its query is too long',
  421: 'This host name is not served here',
  429: 'Too many requests',
  431: 'The headers are too large',
  500: 'The gateway failed',
  501: 'The method or encoding is not supported',
  502: 'The server does not answer',
  503: 'The server is not available',
  504: 'The server takes too long',
  505: 'The version of HTTP is not supported',
};

/** Statuses that nginx has for itself. */
const OWN: readonly (readonly [nginx: number, status: number])[] = [
  [494, 431],
  [495, 400],
  [496, 400],
  [497, 400],
];

/** Errors of the gateway in the form of PostgREST's, so that clients read all errors alike. */
export function errorPages(): string[] {
  const statuses = Object.keys(MESSAGES).map(Number);
  return [
    ...statuses.map((status) => directive('error_page', status, pageOf(status))),
    ...OWN.map(([nginx, status]) => directive('error_page', nginx, `=${status}`, pageOf(status))),
    ...statuses.flatMap((status) =>
      block(
        ['location', '=', pageOf(status)],
        [
          directive('internal'),
          directive('default_type', 'application/json'),
          directive('return', status, errorBody(status)),
        ],
      ),
    ),
  ];
}

/** Address of an error inside of nginx: a named location is out of reach for a request whose own address cannot be read. */
function pageOf(status: number): string {
  return `/.gateway/${status}`;
}

/** The body of an error of the gateway. */
export function errorBody(status: number): string {
  return JSON.stringify({ code: `GATEWAY${status}`, details: null, hint: null, message: MESSAGES[status] });
}

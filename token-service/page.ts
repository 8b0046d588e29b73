import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** A text that Postgres, a client or a user has given, as HTML shows it. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 12vh auto; padding: 0 1rem }
label { display: block; margin-top: 1rem }
input, button { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }
button { margin-top: 1.5rem }
[role=alert] { border-left: .25rem solid #c00; padding-left: .75rem }`;

/**
 * Headers of every answer: nothing from elsewhere, no scripts but those that oidc-provider adds by hash, in no frame. There is
 * no `form-action`: forms lead to clients too, which a browser would block.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': `default-src 'none'; script-src; style-src '${hashOf(STYLE)}'; base-uri 'none'; frame-ancestors 'none'`,
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/** Says what a browser must not do with an answer, whichever it will be. */
export function protect(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
}

export function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    // The unread rest of a request that is too long must not be taken for the next request.
    ...(status === 413 && { Connection: 'close' }),
  });
  response.end(html);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

/** Message above the form of the sign-in page. */
export interface SignInProblem {
  readonly message: string;
  /** Name that the user entered. */
  readonly name: string;
}

export function signInPage(problem?: SignInProblem): string {
  const wrong = problem === undefined ? '' : ' aria-describedby="problem" aria-invalid="true"';
  return page(
    'Sign in',
    `${problem === undefined ? '' : `<p role="alert" id="problem">${escape(problem.message)}</p>\n`}<form method="post">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required${wrong}
 value="${escape(problem?.name ?? '')}"${problem === undefined ? ' autofocus' : ''}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${wrong}${problem === undefined ? '' : ' autofocus'}>
<button>Sign in</button>
</form>`,
  );
}

export function messagePage(title: string, message = ''): string {
  return page(title, message === '' ? '' : `<p>${escape(message)}</p>`);
}

/** @param form oidc-provider's own, which names no button */
export function logoutPage(form: string): string {
  return page(
    'Sign out?',
    `${form}
<button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button form="op.logoutForm">Stay signed in</button>`,
  );
}

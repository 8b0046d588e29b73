import { createHash } from 'node:crypto';

/** Parts of a page; the title and the body are HTML. */
export interface HtmlPage {
  readonly title: string;
  readonly style: string;
  /** @default no script */
  readonly script?: string;
  readonly body: string;
}

/** One HTML page that loads nothing. The browser runs and applies nothing but the page's own style and script. */
export function htmlPage({ title, style, script, body }: HtmlPage): string {
  const scripts = script === undefined ? '' : ` script-src '${hashOf(script)}';`;
  // Without a script, attributes may hold styles, such as the length of a bar.
  const styles = script === undefined ? `style-src 'unsafe-inline';` : `style-src '${hashOf(style)}';`;
  const policy = `default-src 'none'; ${styles}${scripts} base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
${body}${script === undefined ? '' : `<script>${script}</script>\n`}</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

import { createHash } from 'node:crypto';

export interface HtmlPage {
  /** HTML of the title. */
  readonly title: string;
  readonly style: string;
  readonly script: string;
  /** HTML of the body. */
  readonly body: string;
}

/** One HTML page that loads nothing: the browser runs and applies only what is given here. */
export function htmlPage({ title, style, script, body }: HtmlPage): string {
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`;
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
${body}
<script>${script}</script>
</body>
</html>
`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** A command that asks a URL, in an image that has Node.js, since this package's command line runs in it, and perhaps nothing else. */
export function nodeFetch(url: string): string[] {
  const script = `fetch(${JSON.stringify(url)}).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))`;
  return ['node', '--eval', script];
}

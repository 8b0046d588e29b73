/** Where a published port is reached from the machine that publishes it. */
export function publishedUrl(bindAddress: string, port: number | string): string {
  return `http://${reachable(bindAddress)}:${port}`;
}

function reachable(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1';
  if (bindAddress === '::') return '[::1]';
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
}

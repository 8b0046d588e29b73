import { InvalidArgumentError } from 'commander';

/** Reads a TCP port. `Number` would take `0x50` and an empty text, too. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new InvalidArgumentError('write a number, 1 to 65535.');
}

/** Reads a port to listen on; 0 stands for a free one. */
export function parseListen(text: string): number {
  return text === '0' ? 0 : parsePort(text);
}

import { connect } from 'node:net';

/** What came back: status 0 where the server closed the connection without a word. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends bytes as they are, past all that an HTTP client would set right, and reads until the server is done. */
export function rawRequest(url: string, head: readonly string[], body: string | Buffer = ''): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    socket.setTimeout(20_000, () => socket.destroy(new Error(`no answer to ${head[0]!.slice(0, 100)}`)));
    socket.on('data', (data) => received.push(data));
    // The server may close while we still write.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!['EPIPE', 'ECONNRESET'].includes(error.code ?? '')) reject(error);
    });
    socket.on('close', () => resolve(parse(Buffer.concat(received))));
    socket.write(Buffer.from([...head, 'Host: x', 'Connection: close', '', ''].join('\r\n'), 'latin1'));
    if (body.length > 0) socket.write(body);
  });
}

function parse(answer: Buffer): RawAnswer {
  const end = answer.indexOf('\r\n\r\n');
  const head = answer.subarray(0, end < 0 ? undefined : end).toString('latin1');
  const rest = end < 0 ? Buffer.alloc(0) : answer.subarray(end + 4);
  const body = /^transfer-encoding: *chunked/im.test(head) ? joinChunks(rest) : rest;
  return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0), head, body: body.toString() };
}

/** RFC 9112, 7.1. */
function joinChunks(rest: Buffer): Buffer {
  const lineEnd = rest.indexOf('\r\n');
  const size = parseInt(rest.subarray(0, lineEnd).toString('latin1'), 16);
  if (lineEnd < 0 || !(size > 0)) return Buffer.alloc(0);
  const start = lineEnd + 2;
  return Buffer.concat([rest.subarray(start, start + size), joinChunks(rest.subarray(start + size + 2))]);
}

import { connect } from 'node:tls';

/** A header as it is sent, whether HTTP/2 allows it or not. */
export type RawHeader = readonly [name: string, value: string];

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const TYPE = { data: 0, headers: 1, rstStream: 3, settings: 4, goAway: 7 };
const FLAG = { endStream: 1, endHeaders: 4 };
/** Status by its number in the static table (RFC 7541, Appendix A). */
const STATIC_STATUS = [200, 204, 206, 304, 400, 404, 500];
const FIRST_STATUS = 8;

export interface RawHttp2Request {
  readonly headers: readonly RawHeader[];
  /** @default none, and the headers end the stream */
  readonly body?: string;
}

/**
 * Sends one request over a connection of its own, frame by frame, which no HTTP/2 client would send.
 *
 * @returns the status, or `reset` (RST_STREAM, GOAWAY) or `closed`
 */
export function rawHttp2(port: number, { headers, body }: RawHttp2Request): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, ALPNProtocols: ['h2'], rejectUnauthorized: false });
    const end = (outcome: string) => {
      resolve(outcome);
      socket.destroy();
    };
    let received = Buffer.alloc(0);
    socket.on('error', () => end('closed')).on('close', () => end('closed'));
    socket.on('secureConnect', () => {
      const block = Buffer.concat(headers.map(literal));
      socket.write(PREFACE);
      socket.write(frame(TYPE.settings, 0, 0, Buffer.alloc(0)));
      const isLast = body === undefined;
      socket.write(frame(TYPE.headers, FLAG.endHeaders | (isLast ? FLAG.endStream : 0), 1, block));
      if (!isLast) socket.write(frame(TYPE.data, FLAG.endStream, 1, Buffer.from(body, 'latin1')));
    });
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
        const length = received.readUIntBE(0, 3);
        const type = received[3];
        const payload = received.subarray(9, 9 + length);
        received = received.subarray(9 + length);
        if (type === TYPE.headers) end(statusOf(payload));
        if (type === TYPE.rstStream || type === TYPE.goAway) end('reset');
      }
    });
  });
}

/** A literal header field without indexing, without Huffman coding (RFC 7541, 6.2.2). */
function literal([name, value]: RawHeader): Buffer {
  const text = (string: string) => Buffer.concat([integer(string.length), Buffer.from(string, 'latin1')]);
  return Buffer.concat([Buffer.of(0), text(name), text(value)]);
}

/** An integer with a prefix of seven bits (RFC 7541, 5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.of(...bytes, rest);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** nginx's first field is the status: by its number, or as three digits behind a change of the table's size. */
function statusOf(block: Buffer): string {
  // eslint-disable-next-line no-control-regex -- a number of the table, and a length
  const digits = /^.{0,3}[\x08\x48]\x03(\d{3})/s.exec(block.toString('latin1'))?.[1];
  if (digits !== undefined) return digits;
  const indexed = block.find((byte) => byte >= 0x80)! - 0x80;
  return String(STATIC_STATUS[indexed - FIRST_STATUS]);
}

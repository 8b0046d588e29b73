import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Recorder {
  readonly url: string;
  /** First lines of the requests since the last call of `forget`. */
  requests(): string[];
  /** The bytes of these requests. */
  sent(): string;
  /** Answers to these requests. */
  answers(): number[];
  forget(): void;
  stop(): void;
}

/** A place on the way to a server at which requests and answers are seen as they are. */
export async function startRecorder(url: string): Promise<Recorder> {
  const { hostname, port } = new URL(url);
  let [requests, answers] = ['', ''];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host: hostname, port: Number(port) });
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
    client.on('data', (data) => (requests += data.toString('latin1'))).pipe(upstream);
    upstream.on('data', (data) => (answers += data.toString('latin1'))).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests.match(/^[A-Z]+ \S+ HTTP\/1\.\d(?=\r\n)/gm) ?? [],
    sent: () => requests,
    answers: () => [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)),
    forget: () => ([requests, answers] = ['', '']),
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

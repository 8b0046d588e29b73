import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a database that can be closed: whoever is connected is cut off, and nobody else gets in. */
export interface Gate {
  readonly port: number;
  /** Where it leads to. */
  lead(port: number): void;
  close(): void;
  open(): void;
  stop(): Promise<void>;
}

export async function throughGate(): Promise<Gate> {
  const sockets = new Set<Socket>();
  let target = 0;
  let closed = false;
  const server = createServer((socket) => {
    if (closed) {
      socket.destroy();
      return;
    }
    const onward = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => (sockets.delete(from), to.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutOff = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    lead: (port) => (target = port),
    close() {
      closed = true;
      cutOff();
    },
    open: () => (closed = false),
    stop() {
      cutOff();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

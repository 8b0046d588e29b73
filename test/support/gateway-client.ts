import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface GatewayAnswer {
  readonly status: number;
  readonly body: string;
  /** Serial number of the certificate. */
  readonly serial: string;
}

/** How many requests ended with a status, or with the code of an error. */
export type Outcomes = Readonly<Record<string, number>>;

/** A client of a deployed gateway with TLS. */
export class GatewayClient {
  token = '';
  private readonly port: number;
  private readonly ca: string;
  private readonly host: string;
  private readonly servername: string | undefined;

  /**
   * @param ca the certificate of the authority that it trusts
   * @param place host, and the name in its certificate. @default this machine
   */
  constructor(port: number, ca: string, place: { readonly host?: string; readonly servername?: string } = {}) {
    this.port = port;
    this.ca = ca;
    this.host = place.host ?? '127.0.0.1';
    this.servername = place.servername;
  }

  ask(path = '/notes?select=body', agent: Agent | false = false): Promise<GatewayAnswer> {
    const { host, port, ca, token, servername } = this;
    const name = servername === undefined ? {} : { servername };
    return new Promise((resolve, reject) => {
      const headers = { Authorization: `Bearer ${token}` };
      const sent = request({ host, port, path, ca, agent, headers, ...name }, (response) => {
        const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
        let body = '';
        response.setEncoding('utf8').on('data', (data: string) => (body += data));
        response.on('end', () => resolve({ status: response.statusCode!, body, serial }));
      });
      sent.on('error', reject).end();
    });
  }

  /**
   * The outcomes of requests while something is done, and until there are enough: of clients that keep their connections, one of
   * which pauses longer than the others, and of clients with a new connection each time.
   *
   * @param pauseMs between two requests of a client
   */
  async during(
    work: Promise<unknown>,
    atLeast = 0,
    pauseMs = 10,
    { kept, fresh }: { readonly kept: number; readonly fresh: number } = { kept: 5, fresh: 1 },
  ): Promise<Outcomes> {
    const agent = new Agent({ keepAlive: true, maxSockets: 5 });
    const outcomes: Record<string, number> = {};
    let [isDone, count] = [false, 0];
    const client = async (connection: Agent | false, pause: number) => {
      while (!isDone || count < atLeast) {
        const outcome = await this.ask(undefined, connection).then(
          ({ status }) => String(status),
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        count++;
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
    const clients = [
      ...Array.from({ length: kept }, (_, n) => client(agent, n === 0 ? 100 : pauseMs)),
      ...Array.from({ length: fresh }, () => client(false, pauseMs)),
    ];
    await work.finally(() => (isDone = true));
    await Promise.all(clients);
    agent.destroy();
    return outcomes;
  }
}

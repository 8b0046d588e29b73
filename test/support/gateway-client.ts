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

  /** @param ca the certificate of the authority that it trusts */
  constructor(port: number, ca: string) {
    this.port = port;
    this.ca = ca;
  }

  ask(path = '/notes?select=body', agent: Agent | false = false): Promise<GatewayAnswer> {
    const { port, ca, token } = this;
    return new Promise((resolve, reject) => {
      const headers = { Authorization: `Bearer ${token}` };
      const sent = request({ host: '127.0.0.1', port, path, ca, agent, headers }, (response) => {
        const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
        let body = '';
        response.setEncoding('utf8').on('data', (data: string) => (body += data));
        response.on('end', () => resolve({ status: response.statusCode!, body, serial }));
      });
      sent.on('error', reject).end();
    });
  }

  /**
   * The outcomes of requests while something is done, and until there are enough: of five clients that keep their connections, one of
   * which pauses longer than the others, and of one with a new connection each time.
   *
   * @param pauseMs between two requests of a client
   */
  async during(work: Promise<unknown>, atLeast = 0, pauseMs = 10): Promise<Outcomes> {
    const agent = new Agent({ keepAlive: true, maxSockets: 5 });
    const outcomes: Record<string, number> = {};
    let [isDone, count] = [false, 0];
    const client = async (kept: Agent | false, pause = pauseMs) => {
      while (!isDone || count < atLeast) {
        const outcome = await this.ask(undefined, kept).then(
          ({ status }) => String(status),
          (error: NodeJS.ErrnoException) => error.code ?? error.message,
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        count++;
        if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
    const clients = [client(agent), client(agent), client(agent), client(agent), client(agent, 100), client(false)];
    await work.finally(() => (isDone = true));
    await Promise.all(clients);
    agent.destroy();
    return outcomes;
  }
}

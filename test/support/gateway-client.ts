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

/** The longest time without a part of an answer, also for a connection. */
const ANSWER_MS = 10_000;

/** A client of a deployed gateway with TLS. */
export class GatewayClient {
  token = '';
  /** Body of each right answer. @default any */
  expected: string | undefined;
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

  /** @param body of a POST. @default a GET is sent */
  ask(path = '/notes?select=body', agent: Agent | false = false, body?: object): Promise<GatewayAnswer> {
    const { host, port, ca, token, servername } = this;
    const name = servername === undefined ? {} : { servername };
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const sent = request({ host, port, path, ca, agent, method, headers, ...name }, (response) => {
        const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
        let text = '';
        response.setEncoding('utf8').on('data', (data: string) => (text += data));
        response.on('end', () => resolve({ status: response.statusCode!, body: text, serial }));
      });
      sent.setTimeout(ANSWER_MS, () => sent.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
      sent.on('error', reject).end(body && JSON.stringify(body));
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
          ({ status, body }) => (status === 200 && body !== (this.expected ?? body) ? 'wrong answer' : String(status)),
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

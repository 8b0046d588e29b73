import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { leavingFile, type Upstream } from '../../gateway/index.ts';
import { within } from '../../tokens/within.ts';
import { containerAddresses, failureInContainer, processesOf, signalContainer } from './container.ts';

/** A gateway as it should run. */
export interface WantedGateway {
  readonly container: string;
  /** Path of the configuration in the container. */
  readonly file: string;
  /** Directory of temporary files in the container. */
  readonly temporary: string;
  /** URL of the status port. */
  readonly status: string;
  /** Fingerprint of the configuration. */
  readonly configuration: string;
  /** The servers, as the status port tells them. */
  readonly servers: string;
  /** The longest time for all of it, in seconds. */
  readonly timeout: number;
}

interface StatusAnswer {
  readonly status: number;
  readonly text: string;
  readonly server: string | undefined;
}

const PAUSE_MS = 100;
const ANSWER_MS = 2000;
/** Title of the processes that serve, also of those that only finish what they have begun. */
const WORKER = 'nginx: worker process';
/** A path of the status port that a server of the upstream answers. */
const ANSWERED_BY: Readonly<Record<Upstream, string>> = {
  api: '/ready',
  reads: '/reads',
  opener: '/encryption-keys',
  token_service: '/token-service',
};

/** A gateway that runs in a container. */
export class RunningGateway {
  private readonly engine: readonly string[];
  private readonly wanted: WantedGateway;
  private readonly deadline: number;

  constructor(engine: readonly string[], wanted: WantedGateway) {
    this.engine = engine;
    this.wanted = wanted;
    this.deadline = Date.now() + wanted.timeout * 1000;
  }

  /** The servers that it knows; undefined where it does not tell. */
  async servers(): Promise<string | undefined> {
    const answer = await this.ask('/servers');
    return answer?.status === 200 ? answer.text : undefined;
  }

  /** Writes servers into files that the next configuration includes. */
  async keepServers(lines: ReadonlyMap<Upstream, string>): Promise<void> {
    for (const [upstream, text] of lines) {
      const file = leavingFile(this.wanted.temporary, upstream);
      await this.run(['sh', '-c', 'printf %s "$1" > "$2"', 'sh', text, file], `${file} cannot be written`);
    }
  }

  /** Has nginx test its configuration, and run with it. */
  async takeConfiguration(): Promise<void> {
    if (await this.runsAsWanted()) return;
    const { container, file } = this.wanted;
    await this.run(['nginx', '-t', '-q', '-e', '/dev/stderr', '-c', file], `nginx rejects ${file}`);
    await signalContainer(this.engine, container, 'HUP');
    await this.until(() => this.runsAsWanted(), 'nginx does not run with the new configuration');
  }

  /** Waits until a server has answered through the gateway. */
  async untilAnsweredBy(upstream: Upstream, address: string): Promise<void> {
    const [, host, port] = /^(.*):(\d+)$/.exec(address)!;
    const addresses = (await containerAddresses(this.engine, host!)).map((ip) => `${ip}:${port}`);
    const answered = async () => {
      const server = (await this.ask(ANSWERED_BY[upstream]))?.server;
      return server !== undefined && addresses.includes(server);
    };
    await this.until(answered, `the server ${host} has not answered through the gateway`);
  }

  /**
   * Drops the servers that were kept, and waits until the processes that know them have finished with them. The files stay until
   * then, empty: a deploy that is killed meanwhile leaves the wait to the next one.
   */
  async dropServers(): Promise<void> {
    const { container, temporary } = this.wanted;
    const files = leavingFile(temporary, '*');
    const kept = await failureInContainer(this.engine, container, ['sh', '-c', `! ls ${files} 2>/dev/null`]);
    if (kept === undefined) return;
    await this.run(['sh', '-c', `for file in ${files}; do : > "$file"; done`], `${files} cannot be emptied`);
    const processes = new Set(await this.processes());
    await signalContainer(this.engine, container, 'HUP');
    const ended = async () => !(await this.processes()).some((process) => processes.has(process));
    await this.until(ended, 'nginx still gives requests to servers of the configuration before');
    await this.run(['sh', '-c', `rm -f ${files}`], `${files} cannot be removed`);
  }

  private processes(): Promise<readonly string[]> {
    return processesOf(this.engine, this.wanted.container, WORKER);
  }

  private async runsAsWanted(): Promise<boolean> {
    const { configuration, servers } = this.wanted;
    return (await this.ask('/configuration'))?.text === configuration && (await this.servers()) === servers;
  }

  /** The answer of the status port, and the address of the server that it is from; undefined where there is none. */
  private ask(path: string): Promise<StatusAnswer | undefined> {
    return within(ANSWER_MS, async (signal) => {
      const response = await fetch(this.wanted.status + path, { signal, headers: { Connection: 'close' } });
      const [{ status }, text] = [response, await response.text()];
      if (status >= 500) return undefined;
      // After a second try there are two.
      return { status, text, server: response.headers.get('server-address')?.split(', ').at(-1) };
    }).catch(() => undefined);
  }

  private async run(command: readonly string[], problem: string): Promise<void> {
    const failure = await failureInContainer(this.engine, this.wanted.container, command);
    if (failure === undefined) return;
    const fix = 'correct the options of the gateway';
    refuse('server_not_ready', this.wanted.container, `${problem} (${failure})`, fix);
  }

  private async until(isSo: () => Promise<boolean>, problem: string): Promise<void> {
    const { container, timeout } = this.wanted;
    while (!(await isSo())) {
      if (Date.now() > this.deadline) {
        refuse('server_not_ready', container, `after ${timeout} s ${problem}`, `see why: docker logs ${container}`);
      }
      await delay(PAUSE_MS);
    }
  }
}

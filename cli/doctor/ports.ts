import { createServer } from 'node:net';
import { type CheckResult, resultsOf } from './check-result.ts';
import { listener } from './listener.ts';
import { runProgram } from './program.ts';

const { ok, problem } = resultsOf('ports');

export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** The container that a deploy publishes it for. */
  readonly container: string;
  /** The variable of the environment that names another one. */
  readonly variable: string;
}

/** Checks if a deploy can publish its ports. A port that its own container holds counts as free. */
export async function checkPorts(
  engine: readonly string[] | undefined,
  wanted: readonly WantedPort[],
): Promise<CheckResult[]> {
  const published = engine ? publishedPorts(engine) : [];
  const found: CheckResult[] = [];
  for (const { host, port, container, variable } of wanted) {
    const place = `${host}:${port}`;
    const holder = published.find(({ ports }) => ports.has(port))?.name;
    const fix = `end it, or name another port in ${variable}`;
    if (holder === container) found.push(ok(`${place} is published by ${container}`));
    else if (holder !== undefined) found.push(problem(`${place} is published by the container ${holder}`, fix));
    else if (await isFree(host, port)) found.push(ok(`${place} is free for ${container}`));
    else found.push(problem(`${place} is taken by ${listener(port) ?? 'another program'}`, fix));
  }
  return found;
}

function publishedPorts(engine: readonly string[]): { name: string; ports: Set<number> }[] {
  const { stdout } = runProgram('docker', [...engine, 'ps', '--format', '{{.Names}}\t{{.Ports}}']);
  return stdout.split('\n').map((line) => {
    const [name = '', ports = ''] = line.split('\t');
    return { name, ports: new Set([...ports.matchAll(/:(\d+)->/g)].map(([, port]) => Number(port))) };
  });
}

/** Listens for a moment: nothing else tells for sure. */
function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

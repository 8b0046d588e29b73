import type { Declaration, SqlSource } from '../declaration/types.ts';
import type { Backend } from './backend.ts';
import { startEmbeddedBackend } from './embedded-backend.ts';
import { startEnvironment, type EphemeralPostgrest } from './environment.ts';
import { Host } from './host.ts';
import { removeAbandoned } from './remove-abandoned.ts';
import { createTrust } from './trust.ts';

export interface SourceOptions {
  /** SQL that fills the tables, run in this order as the admin, past all policies. @default none */
  readonly seed?: readonly SqlSource[];
  /** Told what is being done now, such as `starting Postgres`. @default nobody is told */
  readonly onProgress?: (step: string) => void;
}

/** Servers with a declared and filled database that nobody uses: environments begin with copies of it. */
export interface Source {
  /** Starts an environment; with `last`, all ends with it. */
  start(options?: { readonly port?: number | undefined; readonly last?: boolean }): Promise<EphemeralPostgrest>;
  /** Ends every environment, and the servers. May be called again. */
  stop(): Promise<void>;
}

export async function startSource(declaration: Declaration, options: SourceOptions = {}): Promise<Source> {
  const { seed = [], onProgress = () => {} } = options;
  onProgress('starting Postgres');
  const trusted = createTrust(declaration.keys);
  // Whoever waits for it comes later.
  trusted.catch(() => {});
  swept ??= removeAbandoned().catch(() => {});
  const host = new Host(await startBackend(), declaration.name);
  const environments = new Set<EphemeralPostgrest>();
  const stop = async () => {
    await Promise.all([...environments].map((environment) => environment.stop()));
    await host.stop();
  };
  try {
    const snapshot = await host.build(declaration, seed, onProgress);
    const [trust] = await Promise.all([trusted, swept]);
    let stopped: Promise<void> | undefined;
    return {
      async start({ port, last = false } = {}) {
        onProgress('starting PostgREST');
        const environment = await startEnvironment({
          host,
          declaration,
          seed,
          trust,
          snapshot,
          port,
          endHost: last ? () => host.stop() : undefined,
          onStop: (ended) => environments.delete(ended),
        });
        environments.add(environment);
        return environment;
      },
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await host.stop();
    throw error;
  }
}

function startBackend(): Promise<Backend> {
  return startEmbeddedBackend();
}

/** Once a process is enough: its own servers it ends itself. */
let swept: Promise<void> | undefined;

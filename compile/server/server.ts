import type { ServerLimits } from './limits.ts';

/** A program that serves requests: everything that a platform needs to run it, and nothing about the platform. */
export interface Server {
  /** The server's role in a deployment, such as `api`. Networks and volumes are named after it. */
  readonly name: string;
  /** Arguments of the image's entry point. @default those of the image */
  readonly command?: readonly string[];
  /** Environment variables. None holds a secret. */
  readonly environment: Readonly<Record<string, string>>;
  readonly files: readonly ServerFile[];
  /** Directories in memory that the program may write to; everything else is read-only. @default none */
  readonly temporary?: readonly TemporaryDirectory[];
  /** The port that the program listens on. */
  readonly port: number;
  /** @default the program has no command that can check */
  readonly healthCheck?: ServerHealthCheck;
  readonly stop: ServerStop;
  readonly limits: ServerLimits;
}

/** A file that a server reads, in a read-only directory of its own. */
export interface ServerFile {
  readonly id: string;
  readonly directory: string;
  readonly fileName: string;
  /** `start`: a changed file replaces the server. `running`: the running server reads the file again. */
  readonly read: 'start' | 'running';
  /** Id of the file that must be written first. @default any order */
  readonly writtenAfter?: string;
}

export interface TemporaryDirectory {
  readonly directory: string;
  /** Counts as memory of the server. */
  readonly megabytes: number;
}

/** A command inside of the server that succeeds if the server is ready. */
export interface ServerHealthCheck {
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Failures in a row after which the server counts as unhealthy. */
  readonly retries: number;
}

export interface ServerStop {
  /** Signal after which the server answers the requests that it has. @default the server ends at once */
  readonly signal?: 'SIGTERM' | 'SIGQUIT';
  /** Time until the server is killed. */
  readonly graceSeconds: number;
}

/** Host and port of a Postgres, as servers reach it. */
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
}

/** How a server reaches the database. */
export interface ServerDatabase {
  readonly internalHost: string;
  readonly internalPort: number;
  readonly database: string;
  /** libpq's `sslmode`. */
  readonly sslmode: string;
  /** Present if the server has to check the database's certificate. */
  readonly sslRootCertificate?: unknown;
  /** Copies that are asked first, by servers that only read. @default none */
  readonly readReplicas?: readonly DatabaseAddress[];
}

/** Path of a file inside of the server. */
export function pathOf({ directory, fileName }: ServerFile): string {
  return `${directory}/${fileName}`;
}

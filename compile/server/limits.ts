import { refuse } from '../../errors/secured-postgrest-error.ts';

/** User of a server's process, and what the process may use. */
export interface ServerLimits {
  /** User and group: `uid:gid`. */
  readonly user: string;
  readonly memoryMegabytes: number;
  /** CPUs, such as 1.5. */
  readonly cpus: number;
}

/** Limits as props give them. */
export interface GivenLimits {
  readonly user?: string;
  /** Megabytes. */
  readonly memory?: number;
  readonly cpus?: number;
}

/** @throws SecuredPostgrestError `invalid_prop` */
export function checkLimits(place: string, given: GivenLimits, defaults: ServerLimits): ServerLimits {
  const { user = defaults.user, memory, cpus = defaults.cpus } = given;
  if (!/^[1-9]\d*:[1-9]\d*$/.test(user)) {
    refuse(
      'invalid_prop',
      `${place}.user`,
      `"${user}" is not an unprivileged user and group`,
      'write it like "1000:1000"',
    );
  }
  const memoryMegabytes = memory === undefined ? defaults.memoryMegabytes : positiveInteger(`${place}.memory`, memory);
  if (!(cpus >= 0.01 && cpus <= 1024)) {
    refuse('invalid_prop', `${place}.cpus`, `${cpus} is not a number of CPUs`, 'give one from 0.01, such as 1.5');
  }
  return { user, memoryMegabytes, cpus };
}

/** A size or a number that a prop gives. */
export function positiveInteger(place: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  refuse('invalid_prop', place, `${value} is not a positive whole number`, 'correct it');
}

/** A TCP port that is known before the deploy. */
export function checkPort(place: string, port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  refuse('invalid_prop', place, `${port} is not a port`, 'give a literal number from 1 to 65535');
}

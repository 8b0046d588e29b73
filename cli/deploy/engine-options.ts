import type { Command } from 'commander';
import { engineAddress } from '../../constructs/docker/engine-address.ts';

export interface EngineOptions {
  readonly dockerHost?: string;
  readonly dockerContext?: string;
  readonly dockerCertificates?: string;
}

/** The options that say which engine runs a container. */
export function addEngineOptions(command: Command): Command {
  return command
    .option('--docker-host <address>', 'engine of the container (default: as the environment says)')
    .option('--docker-context <name>', 'Docker context of the container')
    .option('--docker-certificates <directory>', 'ca.pem, cert.pem and key.pem, for a --docker-host with TLS');
}

/** The options with which the `docker` command reaches that engine. */
export function engineOf({ dockerHost, dockerContext, dockerCertificates }: EngineOptions): string[] {
  return engineAddress({ host: dockerHost, context: dockerContext, certPath: dockerCertificates });
}

/** Address of an engine, as Terraform's provider takes it. */
export interface EngineReference {
  readonly context?: string | undefined;
  readonly host?: string | undefined;
  /** Directory with `ca.pem`, `cert.pem` and `key.pem`. */
  readonly certPath?: string | undefined;
}

/**
 * The options with which the `docker` command reaches the engine that Terraform's provider uses. Unlike the command, the
 * provider does not know of a current context.
 *
 * @param provider what the provider's own configuration names. @default nothing
 */
export function engineAddress(provider: EngineReference = {}): string[] {
  const context = provider.context ?? process.env['DOCKER_CONTEXT'];
  if (context) return ['--context', context];
  const host = provider.host ?? process.env['DOCKER_HOST'];
  if (host) return ['--host', host, ...certificates(provider)];
  return process.platform === 'win32' ? [] : ['--host', 'unix:///var/run/docker.sock'];
}

function certificates({ certPath }: EngineReference): string[] {
  if (!certPath) return [];
  const files = { tlscacert: 'ca.pem', tlscert: 'cert.pem', tlskey: 'key.pem' };
  return ['--tlsverify', ...Object.entries(files).map(([option, file]) => `--${option}=${certPath}/${file}`)];
}

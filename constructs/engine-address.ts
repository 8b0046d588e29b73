/**
 * The options with which the `docker` command reaches the engine that Terraform's provider uses. Unlike the command, the
 * provider does not know of a current context.
 *
 * @param provider what the provider's own configuration names. @default nothing
 */
export function engineAddress(
  provider: { readonly context?: string | undefined; readonly host?: string | undefined } = {},
): string[] {
  const context = provider.context ?? process.env['DOCKER_CONTEXT'];
  if (context) return ['--context', context];
  const host = provider.host ?? process.env['DOCKER_HOST'];
  if (host) return ['--host', host];
  return process.platform === 'win32' ? [] : ['--host', 'unix:///var/run/docker.sock'];
}

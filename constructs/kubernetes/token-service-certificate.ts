import type { ISecretFile } from '../secrets/secret-file.ts';
import type { ISecrets } from '../secrets/secrets.ts';

/** Name of the token service's Deployment and Service, and of its certificate. */
export function tokenServiceName(name: string): string {
  return `${name}-token-service`;
}

/** Key and certificate of the token service, whose requests cross the network between nodes, and the certificate alone for nginx. */
export function tokenServiceCertificate(
  secrets: ISecrets,
  name: string,
): { server: ISecretFile; certificate: ISecretFile } {
  return secrets.serverCertificate(tokenServiceName(name));
}

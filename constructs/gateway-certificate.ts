import { isLoopback } from '../declaration/loopback.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { ISecretFile } from './secrets/secret-file.ts';
import type { ISecrets } from './secrets/secrets.ts';

/** Certificate of a gateway: files of yours, which may be one, or one that the secrets directory makes and nobody has signed. */
export type GatewayCertificate = { readonly certificateFile: string; readonly keyFile: string } | 'self-signed';

/** The file that nginx reads, and the one that clients of a certificate that nobody has signed need. */
export function certificateFiles(
  certificate: GatewayCertificate | undefined,
  secrets: ISecrets,
  hosts: readonly [string, ...string[]],
): { readonly pem?: ISecretFile; readonly selfSigned?: ISecretFile } {
  if (certificate === undefined) return {};
  if (certificate !== 'self-signed')
    return { pem: secrets.givenCertificate(certificate.certificateFile, certificate.keyFile) };
  const made = secrets.serverCertificate(...hosts, 'localhost', '127.0.0.1');
  return { pem: made.server, selfSigned: made.certificate };
}

interface GivenTransport {
  readonly certificate?: GatewayCertificate;
  readonly redirectPort?: number;
  readonly trustedProxies?: readonly string[];
}

/** Rejects tokens in the clear over a network. */
export function checkTransport(
  place: string,
  bindAddress: string,
  { certificate, redirectPort, trustedProxies = [] }: GivenTransport,
): void {
  if (certificate === undefined && !isLoopback(bindAddress) && trustedProxies.length === 0) {
    const problem = `tokens would cross the network to ${bindAddress} in the clear`;
    const fix = "give the files of a certificate, or 'self-signed'; or list the proxies in front in `trustedProxies`";
    refuse('invalid_prop', `${place}.certificate`, problem, fix);
  }
  if (certificate !== undefined || redirectPort === undefined) return;
  refuse('invalid_prop', `${place}.redirectPort`, `${redirectPort} leads to no TLS`, 'give a certificate');
}

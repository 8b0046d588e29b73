import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { Extension, GeneralName, id_ce_subjectAltName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { signCertificate } from './sign-certificate.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const VALID_DAYS = 3650;
const RENEW_BEFORE_DAYS = 365;

/**
 * A new key and a certificate that it signed itself, as one PEM text: whoever stores both in one file never has a key and
 * a certificate that do not belong together.
 */
export function newServerCertificate(hosts: readonly string[], now = new Date()): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = 'secured-postgrest';
  const certificate = signCertificate({
    subject: name,
    publicKey,
    issuer: name,
    signingKey: privateKey,
    // Clocks differ a little.
    notBefore: new Date(now.getTime() - DAY_MS),
    notAfter: new Date(now.getTime() + VALID_DAYS * DAY_MS),
    extensions: [subjectAlternativeNames(hosts)],
  });
  return certificate + (privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
}

/** Tests if a PEM text holds a key with its certificate for these hosts that is good for another year. */
export function isServerCertificate(pem: string, hosts: readonly string[], now = new Date()): boolean {
  try {
    const certificate = new X509Certificate(pem);
    const until = now.getTime() + RENEW_BEFORE_DAYS * DAY_MS;
    return (
      certificate.checkPrivateKey(createPrivateKey(pem)) &&
      Date.parse(certificate.validTo) > until &&
      hosts.every((host) => (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined)
    );
  } catch {
    return false;
  }
}

/**
 * Checks a certificate of the user and its key.
 *
 * @throws SecuredPostgrestError `unreadable_secret`
 */
export function checkServerCertificate(place: string, pem: string, now = new Date()): void {
  const problem = problemOf(pem, now);
  if (problem !== undefined)
    refuse('unreadable_secret', place, problem, 'give a certificate, PEM, and its key without a password');
}

function problemOf(pem: string, now: Date): string | undefined {
  try {
    const certificate = new X509Certificate(pem);
    if (Date.parse(certificate.validTo) <= now.getTime())
      return `the certificate has expired on ${certificate.validTo}`;
    return certificate.checkPrivateKey(createPrivateKey(pem)) ? undefined : 'the key is not the one of the certificate';
  } catch {
    // The cause may show a part of the key.
    return 'there is no certificate with a key';
  }
}

/** The certificate alone, which anybody may know. */
export function certificateOf(pem: string): string {
  return new X509Certificate(pem).toString();
}

/** The names that a server's certificate is for. */
export function subjectAlternativeNames(hosts: readonly string[]): Extension {
  const names = hosts.map((host) => new GeneralName(isIP(host) ? { iPAddress: host } : { dNSName: host }));
  return new Extension({
    extnID: id_ce_subjectAltName,
    extnValue: new OctetString(AsnConvert.serialize(new SubjectAlternativeName(names))),
  });
}

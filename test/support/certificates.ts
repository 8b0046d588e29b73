import { generateKeyPairSync } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { BasicConstraints, Extension, id_ce_basicConstraints } from '@peculiar/asn1-x509';
import { subjectAlternativeNames } from '../../constructs/secrets/server-certificate.ts';
import { signCertificate } from '../../constructs/secrets/sign-certificate.ts';

/** An authority, as a hosted Postgres has one: its certificate, and those that it signs for servers with their keys. */
export function certificateAuthority(name: string) {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };
  const issued = { ...validity, issuer: name, signingKey: authority.privateKey };
  return {
    certificate: signCertificate({
      ...issued,
      subject: name,
      publicKey: authority.publicKey,
      extensions: [
        new Extension({
          extnID: id_ce_basicConstraints,
          critical: true,
          extnValue: new OctetString(AsnConvert.serialize(new BasicConstraints({ cA: true }))),
        }),
      ],
    }),
    /** Certificate and key of a server, as one PEM text. */
    issue(...hosts: string[]): string {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = [subjectAlternativeNames(hosts)];
      const certificate = signCertificate({ ...issued, subject: hosts[0]!, publicKey, extensions });
      return certificate + (privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
    },
  };
}

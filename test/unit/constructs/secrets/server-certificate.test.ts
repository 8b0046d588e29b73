import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  certificateOf,
  isServerCertificate,
  newServerCertificate,
} from '../../../../constructs/secrets/server-certificate.ts';

const HOSTS = ['todos-postgres', 'localhost', '127.0.0.1'];
const daysFromNow = (days: number) => new Date(Date.now() + days * 24 * 60 * 60 * 1000);

const pem = newServerCertificate(HOSTS);
const certificate = new X509Certificate(pem);

describe('newServerCertificate', () => {
  it('makes a certificate for the hosts and its key, signed with that key', () => {
    expect(certificate.subjectAltName).toBe('DNS:todos-postgres, DNS:localhost, IP Address:127.0.0.1');
    expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(certificate.ca).toBe(false);
  });

  it('is good from a little ago until about ten years from now', () => {
    expect(Date.parse(certificate.validFrom)).toBeLessThan(daysFromNow(-0.9).getTime());
    expect(Date.parse(certificate.validTo)).toBeGreaterThan(daysFromNow(3640).getTime());
    expect(Date.parse(certificate.validTo)).toBeLessThan(daysFromNow(3660).getTime());
  });

  it('has a new key and number each time', () => {
    const other = new X509Certificate(newServerCertificate(HOSTS));
    expect(other.serialNumber).not.toBe(certificate.serialNumber);
    expect(other.checkPrivateKey(createPrivateKey(pem))).toBe(false);
  });

  it('writes dates after 2049 so that they are read as such', () => {
    const later = new Date('2045-06-01T00:00:00Z');
    expect(new X509Certificate(newServerCertificate(HOSTS, later)).validTo).toBe('May 30 00:00:00 2055 GMT');
  });
});

describe('isServerCertificate', () => {
  const own = (text: string) => text.slice(text.indexOf('-----BEGIN PRIVATE'));

  it.each([
    ['all of its hosts', pem, HOSTS, 0, true],
    ['some of its hosts', pem, ['127.0.0.1'], 0, true],
    ['another name', pem, [...HOSTS, 'db.example.org'], 0, false],
    ['another address', pem, ['127.0.0.2'], 0, false],
    ['more than a year before its end', pem, HOSTS, 3650 - 367, true],
    ['less than a year before its end', pem, HOSTS, 3650 - 364, false],
    ["another certificate's key", certificateOf(pem) + own(newServerCertificate(HOSTS)), HOSTS, 0, false],
    ['no key', certificateOf(pem), HOSTS, 0, false],
    ['no certificate', own(pem), HOSTS, 0, false],
    ['an empty text', '', HOSTS, 0, false],
  ])('with %s', (_, text, hosts, days, expected) => {
    expect(isServerCertificate(text, hosts, daysFromNow(days))).toBe(expected);
  });
});

it('certificateOf takes the key away', () => {
  expect(certificateOf(pem)).toBe(pem.slice(0, pem.indexOf('-----BEGIN PRIVATE')));
});

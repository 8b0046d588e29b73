import { describe, expect, it } from 'vitest';
import { isRevisionOf, newRevision } from '../../../apply/revision.ts';

const deployment = '0123456789abcdef';
const uuid = '1b4e28ba-2fa1-41d2-883f-0016d3cca427';

describe('isRevisionOf', () => {
  it("accepts a deployment's own", () => {
    expect(isRevisionOf(deployment, deployment)).toBe(true);
    expect(isRevisionOf(deployment, newRevision(deployment))).toBe(true);
    expect(newRevision(deployment)).not.toBe(newRevision(deployment));
  });

  it.each([
    undefined,
    '',
    'fedcba9876543210',
    newRevision('fedcba9876543210'),
    `${deployment}\${file("/etc/hostname")}`,
    `${deployment}.\${file("/etc/hostname")}`,
    `${deployment}.${uuid}\${timestamp()}`,
    `${deployment}.${uuid}\n`,
    `${deployment}.%{ if true }${uuid}%{ endif }`,
    `${deployment}.${uuid}'; touch /tmp/x; '`,
    `${deployment}.`,
  ])('refuses %j, whoever wrote it into the database', (recorded) => {
    expect(isRevisionOf(deployment, recorded)).toBe(false);
  });
});

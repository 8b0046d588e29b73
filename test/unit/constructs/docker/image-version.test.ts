import { expect, it } from 'vitest';
import { agreedVersion } from '../../../../constructs/docker/image-version.ts';
import { imageVersion } from '../../../../compile/images.ts';

it.each([
  ['postgres:18.4', '18.4'],
  ['postgres:18.4-alpine3.22', '18.4'],
  ['postgrest/postgrest:v12.0.2', '12.0.2'],
  ['registry.example:5000/postgres:15', '15'],
  ['registry.example:5000/postgres', undefined],
  ['postgres:latest', undefined],
  ['postgres:16@sha256:0123456789abcdef', '16'],
  ['postgres@sha256:0123456789abcdef', undefined],
  [`postgres@sha256:${'1'.repeat(64)}`, undefined],
  [`registry.example:5000/postgres:18.7@sha256:${'a'.repeat(64)}`, '18.7'],
  ['postgres:18-rc1', undefined],
  ['postgres:18rc1', undefined],
  ['postgres:18-beta2-alpine', undefined],
  ['postgrest/postgrest:v16.2-pre', undefined],
  ['postgrest/postgrest:nightly-2026-11-26', undefined],
  ['postgrest/postgrest:v16', '16'],
  ['postgrest/postgrest:v9.0.1', '9.0.1'],
  ['bitnami/postgresql:16.4.0-debian-12-r0', '16.4.0'],
  ['postgis/postgis:17-3.5', '17'],
  ['pgvector/pgvector:pg17', '17'],
  ['pgvector/pgvector:0.8.0-pg17', '17'],
  ['timescale/timescaledb:2.17.2-pg16', '16'],
  ['timescale/timescaledb:latest-pg16.4-oss', '16.4'],
  ['acme/database:1.0.3', undefined],
  ['acme/postgres:20261126', undefined],
  ['acme/postgres:v2026.11', undefined],
  ['acme/database:18.7', '18.7'],
])('the tag of %s names %s', (image, version) => {
  expect(imageVersion(image)).toBe(version);
});

it('takes what was given, the tag, or the fallback', () => {
  expect(agreedVersion('db', 'postgres:latest', '17')).toBe('17');
  expect(agreedVersion('db', 'postgres:18.4', '18')).toBe('18.4');
  expect(agreedVersion('db', 'postgres:18', '18.4')).toBe('18.4');
  expect(agreedVersion('db', 'postgres:18.4', undefined)).toBe('18.4');
  expect(agreedVersion('db', 'postgrest:mine', undefined, '16.2')).toBe('16.2');
});

it.each([
  ['acme/postgres:1.0.3', '18.7', '18.7'],
  ['citusdata/citus:12.1', '16', '16'],
  ['pgvector/pgvector:0.8.0-pg17', '17.12', '17.12'],
  ['postgres:latest', 'v18.4', '18.4'],
  ['postgres:18.4', 'v18.4', '18.4'],
])('an image that may have versions of its own, %s, is %s where that is given', (image, given, version) => {
  expect(agreedVersion('db', image, given)).toBe(version);
});

it.each(['', 'latest', '18rc1', '18.4 ', '18.x', '18.', 'v', '-18', '18,4'])('"%s" is no version', (given) => {
  expect(() => agreedVersion('db', 'acme/database:latest', given)).toThrowError(
    `db.version: "${given}" is not a version; write it like "18.7"`,
  );
});

it.each([
  ['postgres:18.4', '17'],
  ['registry.example:5000/library/postgres:14', '18'],
  ['postgrest/postgrest:v14.18', '16.4'],
])('%s is rejected as %s', (image, given) => {
  expect(() => agreedVersion('db', image, given)).toThrowError(expect.objectContaining({ code: 'invalid_prop' }));
});

it('refuses a version that the image contradicts, and an unknown one', () => {
  expect(() => agreedVersion('db', 'postgres:18.4', '17')).toThrowError(/db\.version: "17" .* "postgres:18.4"/);
  expect(() => agreedVersion('db', 'postgres:latest', undefined)).toThrowError(/"postgres:latest" names no version/);
});

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

it('refuses a version that the image contradicts, and an unknown one', () => {
  expect(() => agreedVersion('db', 'postgres:18.4', '17')).toThrowError(/db\.version: "17" .* "postgres:18.4"/);
  expect(() => agreedVersion('db', 'postgres:1', '18')).toThrowError(expect.objectContaining({ code: 'invalid_prop' }));
  expect(() => agreedVersion('db', 'postgres:latest', undefined)).toThrowError(/"postgres:latest" names no version/);
});

import { didYouMean } from '../errors/did-you-mean.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { isObject } from '../declaration/is-object.ts';
import type { SourceOptions } from './source.ts';

const BACKENDS = ['embedded', 'docker'];

/** Checks options that a test without types could have wrong. @throws SecuredPostgrestError `invalid_prop` */
export function checkSourceOptions({ seed, backend, spares }: SourceOptions): void {
  if (spares !== undefined && (!Number.isInteger(spares) || spares < 0)) {
    refuse('invalid_prop', 'spares', `${spares} is not a number of spare APIs`, 'write a whole number, or 0 for none');
  }
  checkSeed(seed);
  checkBackend(backend);
}

function checkSeed(seed: unknown): void {
  if (seed === undefined) return;
  const fix = "write seed: [sqlFile('seed.sql')], or [{ file: 'seed.sql', sql: '...' }]";
  if (!Array.isArray(seed)) refuse('invalid_prop', 'seed', 'it is no list', fix);
  for (const [index, source] of (seed as unknown[]).entries()) {
    if (isObject(source) && typeof source['file'] === 'string' && typeof source['sql'] === 'string') continue;
    // Other values can contain rows with secrets.
    const named = typeof source === 'string' ? JSON.stringify(source) : `a value of the type ${typeof source}`;
    refuse('invalid_prop', `seed[${index}]`, `${named} is no SQL with its file`, fix);
  }
}

function checkBackend(backend: unknown): void {
  if (backend === undefined || isObject(backend) || BACKENDS.includes(backend as string)) return;
  const near = typeof backend === 'string' ? didYouMean(backend, BACKENDS) : '';
  const fix = "write 'embedded', 'docker', { docker: { ... } } or { existing: connection }";
  refuse('invalid_prop', 'backend', `${JSON.stringify(backend)} is no backend${near}`, fix);
}

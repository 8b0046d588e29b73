import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';

/** Gives each test of a file a cache of its own, which does not exist yet; returns its path. */
export function useOwnCache(temporaryDirectory: () => string): () => string {
  let cache = '';
  let number = 0;
  beforeEach(() => {
    cache = join(temporaryDirectory(), `cache ${++number}`);
    vi.stubEnv('SECURED_POSTGREST_CACHE', cache);
  });
  afterEach(() => vi.unstubAllEnvs());
  return () => cache;
}

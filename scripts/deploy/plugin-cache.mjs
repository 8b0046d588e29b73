import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Variables with which Terraform keeps providers once for all directories, as the CLI has it keep them.
 *
 * In a directory without a lock file, `terraform init` would write a provider that is in the cache into it once more, and
 * take it away from deploys of other directories for a moment. It uses what is there instead, whose checksum
 * `terraform providers lock` then compares with the registry's.
 */
export function pluginCache(env) {
  if (env.CDKTF_DISABLE_PLUGIN_CACHE_ENV) return {};
  const TF_PLUGIN_CACHE_DIR = env.TF_PLUGIN_CACHE_DIR ?? join(homedir(), '.terraform.d/plugin-cache');
  mkdirSync(TF_PLUGIN_CACHE_DIR, { recursive: true });
  return { TF_PLUGIN_CACHE_DIR, TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: '1' };
}

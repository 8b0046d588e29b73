const KNOWN = ['--auto-approve', '--skip-provider-lock', '--no-color'];
/** They change where the CLI's own files are. */
const HARMLESS = ['CDKTF_HOME', 'CDKTF_DISABLE_PLUGIN_CACHE_ENV'];
/** They change what the CLI writes, or where Terraform keeps what it has initialized. */
const UNKNOWN = ['SYNTH_HCL_OUTPUT', 'TF_DATA_DIR'];

/**
 * Options of a deploy that is the same without the CLI; undefined where it has to run: without `--auto-approve`, because it
 * asks, and with any option that is not known here. The CLI reads variables with its prefix as options, too.
 */
export function knownOptions(flags, env) {
  const unknown = Object.keys(env).filter(
    (name) => UNKNOWN.includes(name) || (name.startsWith('CDKTF_') && !HARMLESS.includes(name)),
  );
  if (unknown.length > 0 || !flags.includes('--auto-approve') || !flags.every((flag) => KNOWN.includes(flag))) return;
  return {
    skipProviderLock: flags.includes('--skip-provider-lock'),
    noColor: flags.includes('--no-color') || env.FORCE_COLOR === '0',
  };
}

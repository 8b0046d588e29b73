import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * Runs the app as the CLI does, but into a directory of this process: no other deploy sees a file that is not whole. The
 * directory is beside the synthesized one, so that relative paths in its files stay the same. Returns the status of the app.
 */
export async function synthesize(programs, { root, app, out, env }) {
  removeLeftOver(root, out);
  const withoutVariables = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TF_VAR_')));
  return programs.shell(app, {
    cwd: root,
    env: {
      NODE_OPTIONS: '--max-old-space-size=4096',
      ...withoutVariables,
      CDKTF_OUTDIR: ownDirectory(out),
      CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS: 'true',
      CDKTF_CONTEXT_JSON: JSON.stringify({ cdktfRelativeModules: [] }),
      SYNTH_HCL_OUTPUT: 'false',
    },
  });
}

/** Where this process synthesizes, until it publishes that in `out`. */
export function ownDirectory(out) {
  return `${out}-${process.pid}`;
}

/** Directories of processes that were killed. */
function removeLeftOver(root, out) {
  const parent = join(root, dirname(out));
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const [prefix, pid] = name.split(/-(\d+)$/);
    if (prefix !== basename(out) || pid === undefined || isRunning(Number(pid))) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

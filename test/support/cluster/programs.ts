import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../checkout.ts';

/** What `build.sh` has built. */
export interface Programs {
  /** Programs, for the PATH. */
  readonly bin: string;
  /** CNI plugins. */
  readonly cni: string;
  /** Image archives of what runs in each cluster. */
  readonly images: string;
}

/** @throws where nothing has been built */
export function builtPrograms(): Programs {
  const script = join(root, 'test/support/cluster/build.sh');
  const { status, stdout } = spawnSync(script, ['where'], { encoding: 'utf8' });
  const directory = stdout.trim();
  if (status !== 0) throw new Error(`no Kubernetes in '${directory}'; run test/support/cluster/build.sh`);
  return { bin: join(directory, 'bin'), cni: join(directory, 'cni'), images: join(directory, 'images') };
}

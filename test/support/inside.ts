import { docker } from './deployment.ts';
import { postgresImage } from './images.ts';

/** A process, by what the kernel says of it. */
export interface Process {
  readonly uids: readonly string[];
  /** Every set: effective, permitted, inheritable, bounding, ambient. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: string;
}

/** What somebody who broke into a container would find. */
export interface Inside {
  readonly processes: readonly Process[];
  /** Mount points that even root could write to, without those of the kernel. */
  readonly writable: readonly string[];
  /** TCP ports that something listens on. */
  readonly listening: readonly number[];
  readonly namespaces: readonly string[];
  readonly maxProcesses: string;
  /** What each process may allocate. */
  readonly maxData: string;
}

/** As root, beside the first process of a container, whose image need not have a shell. */
const LOOK = `
cat /proc/[0-9]*/status 2>/dev/null
while read -r id parent device root point rest; do
  case $point in /proc* | /sys* | /dev*) continue ;; esac
  place=/proc/1/root$point
  if [ -d "$place" ]; then touch "$place/.probe" && rm "$place/.probe"; else (true >>"$place"); fi 2>/dev/null &&
    echo "writable $point"
done </proc/1/mountinfo
grep -e 'Max processes' -e 'Max data size' /proc/1/limits
sed 's/^/socket /' /proc/net/tcp /proc/net/tcp6
cd /proc/1/ns; for kind in cgroup ipc net pid uts; do readlink $kind; done
`;

export function lookInside(container: string): Inside {
  const seen = run(
    ['--pid', `container:${container}`, '--network', `container:${container}`, '--cap-add', 'SYS_PTRACE'],
    LOOK,
  );
  const statuses = seen
    .split(/^(?=Name:)/m)
    .map((status) => (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)![1]!);
  const parents = new Map(statuses.map((read) => [read('Pid'), read('PPid')]));
  // What the engine brings in, such as this helper and health checks, descends from nobody in there.
  const isOwn = (pid: string | undefined): boolean => pid === '1' || (pid !== undefined && isOwn(parents.get(pid)));
  return {
    processes: statuses
      .filter((read) => isOwn(read('Pid')))
      .map((read) => ({
        uids: read('Uid').split('\t'),
        capabilities: ['CapEff', 'CapPrm', 'CapInh', 'CapBnd', 'CapAmb'].map(read),
        noNewPrivileges: read('NoNewPrivs'),
      })),
    writable: [...seen.matchAll(/^writable (.*)$/gm)].map((match) => match[1]!),
    // A listening socket has the state 0A; those of 127.0.0.11 are the engine's resolver.
    listening: [...seen.matchAll(/^socket +\d+: (?!0B00007F)[0-9A-F]+:([0-9A-F]{4}) \S+ 0A /gm)].map((match) =>
      Number.parseInt(match[1]!, 16),
    ),
    namespaces: namespacesIn(seen),
    maxData: /^Max data size +(.*\S) +bytes/m.exec(seen)![1]!,
    maxProcesses: /^Max processes +(.*\S) +processes/m.exec(seen)![1]!,
  };
}

/** The namespaces of the engine's machine itself, but that of mounts, which no container has. */
export function hostNamespaces(): readonly string[] {
  const host = ['pid', 'network', 'ipc', 'uts', 'cgroupns'].flatMap((kind) => [`--${kind}`, 'host']);
  return namespacesIn(run(host, 'cd /proc/self/ns; for kind in cgroup ipc net pid uts; do readlink $kind; done'));
}

function namespacesIn(text: string): readonly string[] {
  return text.match(/^[a-z]+:\[\d+\]$/gm) ?? [];
}

function run(options: readonly string[], script: string): string {
  return docker('run', '--rm', '--user', '0:0', ...options, '--entrypoint', 'sh', postgresImage, '-c', script);
}

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Addresses } from './addresses.ts';
import type { Machine, Service } from './machine.ts';
import type { Programs } from './programs.ts';

export interface NodeSettings {
  readonly number: number;
  /** Directory for the settings of what runs on the node. */
  readonly directory: string;
  /** Where `credentials.sh` has worked. */
  readonly credentials: string;
  /** Control group of all pods of the node, as the kubelet names it. */
  readonly controlGroup: string;
  readonly addresses: Addresses;
  readonly programs: Programs;
}

/** containerd, the kubelet, and what makes services and network policies work on a node. Waits until the API knows the node. */
export async function startNodeServices(machine: Machine, settings: NodeSettings): Promise<Service[]> {
  const { credentials, addresses } = settings;
  const { containerdConfig, kubeletConfig } = writeSettings(settings);
  const containerd = machine.start('containerd', '--config', containerdConfig);
  await machine.run(
    'sh',
    '-c',
    `until ctr version >/dev/null 2>&1; do sleep 0.1; done
     for image do ctr --namespace k8s.io images import "$image"; done`,
    'sh',
    ...readdirSync(settings.programs.images).map((name) => join(settings.programs.images, name)),
  );
  const name = `--hostname-override=${machine.name}`;
  const kubeconfig = join(credentials, `${machine.name}.kubeconfig`);
  const services = [
    containerd,
    machine.start(
      'kubelet',
      `--config=${kubeletConfig}`,
      `--kubeconfig=${kubeconfig}`,
      `--node-ip=${addresses.node(settings.number)}`,
      name,
    ),
    machine.start(
      'kube-proxy',
      `--kubeconfig=${join(credentials, 'proxy.kubeconfig')}`,
      '--proxy-mode=iptables',
      `--cluster-cidr=${addresses.allPods}`,
      // Only the first network namespace of a machine may change these.
      ...['--conntrack-max-per-core=0', '--conntrack-min=0'],
      ...['--conntrack-tcp-timeout-established=0s', '--conntrack-tcp-timeout-close-wait=0s'],
      name,
    ),
  ];
  // kube-router ends where it does not find its node.
  const registered =
    'timeout 180 sh -c \'until kubectl --kubeconfig "$0" get node "$1"; do sleep 0.2; done\' "$0" "$1"';
  await machine.run('sh', '-c', registered, kubeconfig, machine.name);
  const router = machine.start(
    'kube-router',
    `--kubeconfig=${join(credentials, 'policies.kubeconfig')}`,
    ...['--run-firewall=true', '--run-router=false', '--run-service-proxy=false'],
    `--service-cluster-ip-range=${addresses.services}`,
    name,
  );
  return [...services, router];
}

function writeSettings({ number, directory, credentials, controlGroup, addresses, programs }: NodeSettings) {
  const network = join(directory, 'cni');
  const containerdConfig = join(directory, 'containerd.toml');
  const kubeletConfig = join(directory, 'kubelet.json');
  mkdirSync(network, { recursive: true });
  const plugins = [
    {
      type: 'ptp',
      ipMasq: false,
      ipam: { type: 'host-local', ranges: [[{ subnet: addresses.pods(number) }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
    { type: 'portmap', capabilities: { portMappings: true } },
  ];
  writeFileSync(join(network, 'pods.conflist'), JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins }));
  writeFileSync(
    containerdConfig,
    `version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = 'localhost/pause:1'
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
disable_apparmor = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['${programs.cni}']
conf_dir = '${network}'
`,
  );
  writeFileSync(
    kubeletConfig,
    JSON.stringify({
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      authentication: { anonymous: { enabled: false }, x509: { clientCAFile: join(credentials, 'ca.crt') } },
      containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
      cgroupDriver: 'cgroupfs',
      cgroupRoot: controlGroup,
      failCgroupV1: false,
      failSwapOn: false,
      clusterDNS: [addresses.dns],
      clusterDomain: 'cluster.local',
      resolvConf: '',
      // Of this machine's disk, the node is not the owner.
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'memory.available': '100Mi' },
      nodeLeaseDurationSeconds: 20,
      syncFrequency: '10s',
    }),
  );
  return { containerdConfig, kubeletConfig };
}

import type { Addresses } from './addresses.ts';
import type { Machine } from './machine.ts';
import { must } from './must.ts';

/** A machine's shell, for what would take many processes. */
const shell = (machine: Machine, script: string) => machine.run('sh', '-e', '-c', script);

/** A switch in the control machine connects it, this machine and the nodes. Nothing of this machine forwards packets. */
export async function connectControl(
  control: Machine,
  { link, host, control: address, ...rest }: Addresses,
  nodes: number[],
): Promise<void> {
  const routes = [
    ...nodes.map((number) => `${rest.pods(number)} via ${rest.node(number)}`),
    `${rest.services} via ${rest.node(nodes[0]!)}`,
  ];
  await shell(
    control,
    `ip link add switch type bridge
     ip link set host master switch up
     ip address add ${address}/24 dev switch
     ip link set switch up
     ${routes.map((route) => `ip route add ${route}`).join('\n')}`,
  );
  must('ip', 'address', 'add', `${host}/24`, 'dev', link);
  must('ip', 'link', 'set', link, 'up');
  for (const route of routes) must('ip', 'route', 'add', ...route.split(' '));
}

/** Plugs a node in, and tells it the way to the pods of the others. Nothing leaves the cluster but to this machine. */
export async function connectNode(
  control: Machine,
  node: Machine,
  number: number,
  addresses: Addresses,
  others: number[],
): Promise<void> {
  must(
    ...(['ip', 'link', 'add', 'eth0', 'netns', String(node.pid), 'type', 'veth'] as const),
    ...(['peer', 'name', node.name, 'netns', String(control.pid)] as const),
  );
  await shell(control, `ip link set ${node.name} master switch up`);
  await shell(
    node,
    `ip address add ${addresses.node(number)}/24 dev eth0
     ip link set eth0 up
     ip route add unreachable default
     ip route add ${addresses.services} dev eth0
     ${others.map((other) => `ip route add ${addresses.pods(other)} via ${addresses.node(other)}`).join('\n')}
     echo 1 >/proc/sys/net/ipv4/ip_forward`,
  );
}

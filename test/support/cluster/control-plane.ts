import { join } from 'node:path';
import type { Addresses } from './addresses.ts';
import type { Machine, Service } from './machine.ts';

/** etcd, the API server, the scheduler and the controllers, all on the control machine. */
export class ControlPlane {
  private api: Service | undefined;
  private readonly others: Service[] = [];

  private readonly machine: Machine;
  private readonly addresses: Addresses;
  /** Where `credentials.sh` has worked. */
  private readonly credentials: string;
  private readonly auditPolicy: string;
  readonly auditLog: string;

  constructor(machine: Machine, addresses: Addresses, credentials: string, auditPolicy: string, auditLog: string) {
    this.machine = machine;
    this.addresses = addresses;
    this.credentials = credentials;
    this.auditPolicy = auditPolicy;
    this.auditLog = auditLog;
  }

  start(): void {
    this.others.push(this.machine.start('etcd', '--data-dir=/var/lib/etcd', '--unsafe-no-fsync', '--log-level=warn'));
    this.startApi();
    this.others.push(
      this.machine.start(
        'kube-controller-manager',
        `--kubeconfig=${this.file('controller-manager.kubeconfig')}`,
        '--leader-elect=false',
        '--use-service-account-credentials',
        `--service-account-private-key-file=${this.file('service-account.key')}`,
        `--root-ca-file=${this.file('ca.crt')}`,
        `--cluster-signing-cert-file=${this.file('ca.crt')}`,
        `--cluster-signing-key-file=${this.file('ca.key')}`,
        '--allocate-node-cidrs=false',
        // Tests wait for what these do: nodes that do not answer any more, and numbers of pods that follow the load.
        '--node-monitor-period=2s',
        '--node-monitor-grace-period=20s',
        '--horizontal-pod-autoscaler-sync-period=5s',
        '--horizontal-pod-autoscaler-initial-readiness-delay=5s',
        '--horizontal-pod-autoscaler-cpu-initialization-period=20s',
      ),
      this.machine.start('kube-scheduler', `--kubeconfig=${this.file('scheduler.kubeconfig')}`, '--leader-elect=false'),
    );
  }

  startApi(): void {
    const { addresses } = this;
    this.api = this.machine.start(
      'kube-apiserver',
      `--advertise-address=${addresses.control}`,
      `--service-cluster-ip-range=${addresses.services}`,
      '--etcd-servers=http://127.0.0.1:2379',
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged',
      `--tls-cert-file=${this.file('api.crt')}`,
      `--tls-private-key-file=${this.file('api.key')}`,
      `--client-ca-file=${this.file('ca.crt')}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${this.file('service-account.pub')}`,
      `--service-account-signing-key-file=${this.file('service-account.key')}`,
      `--kubelet-client-certificate=${this.file('admin.crt')}`,
      `--kubelet-client-key=${this.file('admin.key')}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--enable-aggregator-routing',
      `--proxy-client-cert-file=${this.file('front-proxy.crt')}`,
      `--proxy-client-key-file=${this.file('front-proxy.key')}`,
      `--requestheader-client-ca-file=${this.file('ca.crt')}`,
      '--requestheader-allowed-names=front-proxy',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      `--audit-policy-file=${this.auditPolicy}`,
      `--audit-log-path=${this.auditLog}`,
    );
  }

  async stopApi(): Promise<void> {
    await this.api?.stop('SIGKILL');
  }

  expectRunning(): void {
    for (const service of [...this.others, this.api]) service?.expectRunning();
  }

  private file(name: string): string {
    return join(this.credentials, name);
  }
}

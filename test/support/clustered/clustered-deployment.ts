import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Declaration } from '../../../declaration/index.ts';
import { type Cluster, startCluster } from '../cluster/start-cluster.ts';
import { builtPrograms } from '../cluster/programs.ts';
import { Deployment } from '../deployment.ts';
import { nginxImage } from '../images.ts';
import { ExistingPostgres } from './existing-postgres.ts';
import type { Clustered } from './kubernetes-app.ts';

/** The clients of these tests are quicker than one token may be. */
const RATES = { requestsPerSecondPerAddress: 100_000, requestsPerSecondPerToken: 100_000, connectionsPerAddress: 1000 };

/** A deployment to a cluster of its own, in front of a Postgres of its own. */
export class ClusteredDeployment {
  readonly cluster: Cluster;
  readonly postgres: ExistingPostgres;
  readonly deployment: Deployment;
  readonly namespace: string;

  private constructor(cluster: Cluster, postgres: ExistingPostgres, deployment: Deployment) {
    this.cluster = cluster;
    this.postgres = postgres;
    this.deployment = deployment;
    this.namespace = deployment.name;
  }

  /**
   * @param images that the nodes have
   * @param program the app, a file of the compiled package
   */
  static async start(
    declaration: Declaration,
    postgresImage: string,
    images: readonly string[],
    program = 'test/support/clustered/kubernetes-app.js',
  ) {
    const { name } = declaration;
    const cluster = await startCluster();
    const postgres = new ExistingPostgres(name, postgresImage, cluster.hostAddress, 5432);
    try {
      cluster.loadImage(...images);
      await postgres.start(name);
      const PATH = `${builtPrograms().bin}:${process.env['PATH']}`;
      const deployment = await Deployment.declaring(declaration, { PATH }, program);
      writeFileSync(join(deployment.directory, 'authority.pem'), postgres.authority.certificate);
      writeFileSync(join(deployment.directory, 'admin password'), postgres.adminPassword, { mode: 0o600 });
      const clustered = new ClusteredDeployment(cluster, postgres, deployment);
      clustered.renewCertificate();
      return clustered;
    } catch (error) {
      postgres.stop();
      await cluster.stop();
      throw error;
    }
  }

  /** The Service's name in the cluster, as certificates have it. */
  get serviceName(): string {
    return `${this.namespace}.${this.namespace}.svc`;
  }

  /** Has a new certificate of the gateway lie where the last one did. */
  renewCertificate(): void {
    const pem = this.postgres.authority.issue(this.serviceName);
    writeFileSync(join(this.deployment.directory, 'gateway.pem'), pem, { mode: 0o600 });
  }

  /** Sets what the next deploy declares. */
  set(api: Clustered['api'], more: Partial<Omit<Clustered, 'api'>> = {}): void {
    const { host, port } = this.postgres;
    const clustered: Clustered = {
      database: {
        ...{ host, port, database: this.namespace, adminUser: 'admin', adminPasswordFile: 'admin password' },
        ...{ sslmode: 'verify-full', sslRootCertificateFile: 'authority.pem' },
      },
      cluster: { namespace: this.namespace, kubeconfigFile: this.cluster.kubeconfig },
      ...more,
      api: {
        ...{ memory: 256, rolloutSeconds: 120, cpuShare: 0.05 },
        ...api,
        gateway: {
          ...{ image: nginxImage, certificate: { certificateFile: 'gateway.pem', keyFile: 'gateway.pem' } },
          ...{ ...api.gateway, limits: RATES },
        },
      },
    };
    this.deployment.env['CLUSTERED'] = JSON.stringify(clustered);
  }

  /** Runs `kubectl` in the namespace. */
  kubectl(...args: string[]): Promise<string> {
    return this.cluster.kubectl('--namespace', this.namespace, ...args);
  }

  /** The Service's address. */
  async address(): Promise<string> {
    return this.kubectl('get', 'service', this.namespace, '--output=jsonpath={.spec.clusterIP}');
  }

  async stop(): Promise<void> {
    await this.deployment.remove();
    await this.cluster.stop();
    this.postgres.stop();
  }
}

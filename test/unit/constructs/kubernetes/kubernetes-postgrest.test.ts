import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TerraformStack } from 'cdktf';
import { describe, expect, it } from 'vitest';
import {
  type ExistingPostgresDatabaseAttributes,
  KubernetesCluster,
  KubernetesPostgrest,
  type KubernetesPostgrestProps,
  KubernetesTokenService,
  PostgresDatabase,
} from '../../../../constructs/index.ts';
import { DataResource, Token } from '../../../../constructs/synth/cdk/core.ts';
import type { DeclarationInput } from '../../../../declaration/types.ts';
import { refusal } from '../../../support/errors.ts';
import { synth, testDeclaration, testStack } from '../../../support/synth.ts';

interface Options {
  readonly props?: Partial<KubernetesPostgrestProps>;
  readonly input?: Partial<DeclarationInput>;
  readonly database?: Partial<ExistingPostgresDatabaseAttributes>;
  readonly namespace?: string;
  readonly ipv6?: boolean;
}

function onCluster({
  props = {},
  input = {},
  database: attributes = {},
  namespace = 'shop',
  ipv6 = false,
}: Options = {}) {
  const { app, stack, directory, secrets } = testStack();
  const declaration = testDeclaration(input);
  const adminPasswordFile = join(directory, 'admin-password');
  writeFileSync(adminPasswordFile, 'not told to anyone', { mode: 0o600 });
  const database = PostgresDatabase.fromExisting(stack, 'database', {
    ...{ host: '10.1.2.3', database: 'todos', adminUser: 'admin', adminPasswordFile },
    ...attributes,
  });
  const cluster = new KubernetesCluster(stack, 'cluster', { namespace, ipv6, kubeconfigFile: '/kubeconfig' });
  const api = new KubernetesPostgrest(stack, 'api', { declaration, database, cluster, secrets, ...props });
  return { app, stack, api, directory, declaration, database, cluster, secrets };
}

interface PodSpec {
  readonly init_container: readonly Container[];
  readonly container: readonly Container[];
}

interface Container {
  readonly name: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly security_context: Readonly<Record<string, unknown>>;
}

function podOf(stack: TerraformStack, path = 'api/deployment') {
  const { spec } = synth(stack).block('kubernetes_deployment_v1', path) as {
    spec: { replicas?: string; template: { metadata: { annotations: Record<string, string> }; spec: PodSpec } };
  };
  return spec;
}

const environment = ({ env }: Container) => Object.fromEntries(env.map(({ name, value }) => [name, value]));

const policyOf = (stack: TerraformStack, path = 'api/network-policy') =>
  (synth(stack).block('kubernetes_network_policy_v1', path) as { spec: { ingress: unknown[]; egress: unknown[] } })
    .spec;

describe('an API on a cluster', () => {
  it('has its address from its Service, or from its first host', () => {
    expect(onCluster().api.url).toBe('https://todos.shop.svc');
    const hosts = { certificate: 'self-signed', hosts: ['api.example.org'] } as const;
    expect(onCluster({ props: { gateway: hosts, service: { type: 'LoadBalancer', port: 8443 } } }).api.url).toBe(
      'https://api.example.org:8443',
    );
    const plain = { trustedProxies: ['10.0.0.0/8'] };
    expect(onCluster({ props: { gateway: plain, name: 'notes' } }).api.url).toBe('http://notes.shop.svc');
  });

  it('has PostgREST beside nginx, where nothing else reaches it', () => {
    const { template } = podOf(onCluster().stack);
    expect(template.spec.init_container.map(({ name }) => name)).toEqual(['api']);
    expect(template.spec.container.map(({ name }) => name)).toEqual(['gateway']);
    expect(environment(template.spec.init_container[0]!)).toMatchObject({
      PGRST_SERVER_HOST: '127.0.0.1',
      PGRST_ADMIN_SERVER_HOST: '127.0.0.1',
      PGHOST: '10.1.2.3',
      PGPORT: '5432',
    });
  });

  it('has containers that may do nothing but serve', () => {
    const { spec } = podOf(onCluster().stack).template;
    for (const container of [...spec.init_container, ...spec.container]) {
      expect(container.security_context).toMatchObject({
        run_as_non_root: true,
        read_only_root_filesystem: true,
        allow_privilege_escalation: false,
        capabilities: { drop: ['ALL'] },
      });
    }
  });

  it('writes secrets that Terraform does not keep', () => {
    const block = synth(onCluster().stack).block('kubernetes_secret_v1', 'api/api-files');
    expect(Object.keys(block['data_wo'] as object)).toEqual(['keys', 'database-login', 'database-login-fallback']);
    expect(Object.values(block['data_wo'] as object)).toSatisfy((values: string[]) =>
      values.every((value) => /^\$\{file\("[^"]+"\)\}$/.test(value)),
    );
    expect(block['data_wo_revision']).toSatisfy((revision: number) => Number.isInteger(revision) && revision > 0);
  });

  it('has the same generation after each synthesis, and another one after a change', () => {
    const { secrets, declaration } = onCluster();
    const triggers = (memory: number, before: number) => {
      const { stack, directory } = testStack();
      const adminPasswordFile = join(directory, 'admin-password');
      writeFileSync(adminPasswordFile, 'not told to anyone', { mode: 0o600 });
      // References are numbered.
      const others = Array.from({ length: before }, (_, n) => new DataResource(stack, `other-${n}`, {}));
      const [host] = others.map((other) => Token.asString(other.interpolationForAttribute('output'))).slice(-1);
      const attributes = { host: host!, database: 'todos', adminUser: 'admin', adminPasswordFile };
      new KubernetesPostgrest(stack, 'api', {
        ...{ declaration, secrets, memory },
        database: PostgresDatabase.fromExisting(stack, 'database', attributes),
        cluster: new KubernetesCluster(stack, 'cluster', { namespace: 'shop', kubeconfigFile: '/kubeconfig' }),
      });
      return synth(stack).block('terraform_data', 'api/rollout/done')['triggers_replace'];
    };
    const first = triggers(700, 1);
    expect(triggers(700, 3)).toEqual(first);
    expect(triggers(800, 1)).not.toEqual(first);
  });

  it('waits for the pods whatever has changed the Deployment', () => {
    const { stack } = onCluster();
    expect(synth(stack).block('terraform_data', 'api/rollout/done')['lifecycle']).toEqual({
      replace_triggered_by: [expect.stringMatching(/^kubernetes_deployment_v1\.api_deployment_\w+$/)],
    });
  });

  it('leaves the number of pods to an autoscaler, if it may change', () => {
    expect(podOf(onCluster().stack).replicas).toBe('2');
    const { stack } = onCluster({ props: { replicas: { min: 3, max: 9, targetCpus: 1.5, scaleDownSeconds: 60 } } });
    expect(podOf(stack)).not.toHaveProperty('replicas');
    expect(synth(stack).block('kubernetes_horizontal_pod_autoscaler_v2', 'api/autoscaler')['spec']).toMatchObject({
      ...{ min_replicas: 3, max_replicas: 9 },
      metric: [{ resource: { name: 'cpu', target: { average_value: '1500m' } } }],
    });
  });

  it('waits for as many pods as there have to be, also where an autoscaler adds them', () => {
    const rollout = (replicas: KubernetesPostgrestProps['replicas']) => {
      const synthesized = synth(onCluster({ props: { replicas: replicas! } }).stack);
      const { provisioner, lifecycle } = synthesized.block('terraform_data', 'api/rollout/done') as {
        lifecycle: { replace_triggered_by: string[] };
        provisioner: [{ 'local-exec': { command: string } }];
      };
      return {
        least: /--least '?(\d+)/.exec(JSON.stringify(provisioner))?.[1],
        again: lifecycle.replace_triggered_by.map((address) => address.split('.')[0]),
        after: synthesized.dependencies('terraform_data', 'api/rollout/done'),
      };
    };
    expect(rollout({ min: 4 })).toEqual({
      ...{ least: '4', again: ['kubernetes_deployment_v1'], after: ['api/deployment'] },
    });
    expect(rollout({ min: 3, max: 9 })).toEqual({
      least: '3',
      again: ['kubernetes_deployment_v1', 'kubernetes_horizontal_pod_autoscaler_v2'],
      after: ['api/deployment', 'api/autoscaler'],
    });
  });

  it('has running pods use changed keys whatever becomes of new pods', () => {
    const synthesized = synth(onCluster({ props: { readReplicas: [{ host: '10.1.2.4', port: 5432 }] } }).stack);
    const dependencies = (path: string) => synthesized.dependencies('terraform_data', path);
    expect(dependencies('api/running-keys')).toEqual(['api/api-files', 'api/reads-files', 'api/gateway-files']);
    expect(dependencies('api/ready')).toEqual(['api/running-keys', 'api/rollout/done']);
    const text = (path: string) => JSON.stringify(synthesized.block('terraform_data', path)['provisioner']);
    expect(text('api/running-keys')).toContain('--ready-only');
    expect(text('api/ready')).not.toContain('--ready-only');
  });

  it('closes all ports but those that it needs', () => {
    const { ingress, egress } = policyOf(
      onCluster({ props: { allowedFrom: [{ namespace: 'web' }, { cidr: '10.9.0.0/16' }] } }).stack,
    );
    expect(ingress).toEqual([
      {
        ports: [{ port: '8443', protocol: 'TCP' }],
        from: [
          { namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': 'web' } } },
          { ip_block: { cidr: '10.9.0.0/16' } },
        ],
      },
    ]);
    expect(egress).toEqual([
      { ports: [{ port: '5432', protocol: 'TCP' }], to: [{ ip_block: { cidr: '10.1.2.3/32' } }] },
    ]);
    const named = policyOf(onCluster({ database: { host: 'db.example.org' } }).stack).egress;
    expect(named).toEqual([
      { ports: [{ port: '5432', protocol: 'TCP' }], to: [] },
      {
        ports: [
          { port: '53', protocol: 'UDP' },
          { port: '53', protocol: 'TCP' },
        ],
      },
    ]);
    const networks = policyOf(
      onCluster({ database: { host: 'db.example.org' }, props: { databaseNetworks: ['10.2.0.0/16'] } }).stack,
    );
    expect(networks.egress[0]).toMatchObject({ to: [{ ip_block: { cidr: '10.2.0.0/16' } }] });
  });

  it('asks copies of the database first, and the database itself where they do not answer', () => {
    const { stack } = onCluster({ props: { readReplicas: [{ host: '10.1.2.4', port: 5433 }] } });
    const [api, reads] = podOf(stack).template.spec.init_container;
    expect(reads!.name).toBe('reads');
    expect(environment(reads!)).toMatchObject({
      PGHOST: '10.1.2.4,10.1.2.3',
      PGPORT: '5433,5432',
      PGTARGETSESSIONATTRS: 'prefer-standby',
      PGRST_SERVER_PORT: '3100',
    });
    expect(environment(api!)).toMatchObject({ PGHOST: '10.1.2.3', PGRST_SERVER_PORT: '3000' });
  });

  it('is ready when the server for reads has answered once, and later while the other one answers', () => {
    const probesOf = (props: Partial<KubernetesPostgrestProps>) => {
      const { startup_probe, readiness_probe } = podOf(onCluster({ props }).stack).template.spec
        .container[0] as unknown as Record<string, { http_get: { path: string } } | undefined>;
      return [startup_probe?.http_get.path, readiness_probe?.http_get.path];
    };
    expect(probesOf({})).toEqual([undefined, '/serving']);
    expect(probesOf({ readReplicas: [{ host: '10.1.2.4', port: 5432 }] })).toEqual(['/reads-serving', '/serving']);
  });

  it.each([
    [false, ['8081', '8443 ssl']],
    [true, ['8081', '8443 ssl', '[::]:8081', '[::]:8443 ssl']],
  ])('with pods that have IPv6 addresses: %s, listens at %j', (ipv6, expected) => {
    const { app, stack, directory } = onCluster({ ipv6 });
    app.synth();
    const outdir = join(directory, 'cdktf.out', 'stacks', stack.node.id);
    const file = readdirSync(outdir, { recursive: true, encoding: 'utf8' }).find((path) =>
      path.endsWith('nginx.conf'),
    )!;
    const text = readFileSync(join(outdir, file), 'utf8');
    expect([...text.matchAll(/listen (.*);/g)].map(([, where]) => where).sort()).toEqual(expected);
  });

  it.each<[string, Options, string]>([
    ['a namespace', { namespace: 'Shop' }, '"Shop" is no name for Kubernetes'],
    ['a name', { props: { name: 'to_dos' } }, '"to_dos" is no name for Kubernetes'],
    ['fewer pods at most than at least', { props: { replicas: { min: 3, max: 2 } } }, '2 pods are less than the 3'],
    [
      'a share of CPUs that a pod does not have',
      { props: { replicas: { max: 3, targetCpus: 5 } } },
      '5 is no share of the 2 CPUs',
    ],
    ['a time for Kubernetes', { props: { replicas: { scaleDownSeconds: 4000 } } }, '4000 is no time'],
    ['tokens in the clear', { props: { gateway: {} } }, 'in the clear'],
    ['a port', { props: { service: { port: 0 } } }, '0 is not a port'],
    ['the port of a copy', { props: { readReplicas: [{ host: 'r', port: 70_000 }] } }, '70000 is not a port'],
    [
      'copies for a version that would listen there',
      { props: { readReplicas: [{ host: 'r', port: 5432 }] }, input: { server: { version: '12.0.2' } } },
      'PostgREST 12.0.2 would not learn of new keys',
    ],
    [
      'more connections than the database has',
      { props: { replicas: { max: 5 } }, database: { maxConnections: 100 } },
      '5 pods open up to 110 connections while they are replaced, more than the limit of 100',
    ],
    ['clients that are nobody', { props: { allowedFrom: [] } }, 'the list is empty'],
    ['networks that are none', { props: { databaseNetworks: [] } }, 'the list is empty'],
    ['copies that are none', { props: { readReplicas: [] } }, 'the list is empty'],
    [
      'a name that is too long for the Service of the token service',
      {
        input: { tokens: { issuer: 'https://api.example.org/auth' } },
        props: { name: 'a'.repeat(50), gateway: { certificate: 'self-signed', tokenService: true } },
      },
      'a-token-service" is no name for Kubernetes',
    ],
    [
      'encrypted tokens that nothing opens',
      { input: { tokens: { encryption: 'required' } } },
      'nothing opens encrypted tokens',
    ],
  ])('rejects %s', (_, options, problem) => {
    expect(refusal(() => onCluster(options))).toMatchObject({
      code: 'invalid_prop',
      problem: expect.stringContaining(problem) as string,
    });
  });
});

describe('a token service on a cluster', () => {
  const withTokenService = (name?: string, ipv6 = false) => {
    const { stack, api, ...place } = onCluster({
      ...{ ipv6, input: { keys: { generate: 'ES256' }, tokens: { issuer: 'https://api.example.org/auth' } } },
      props: { ...(name && { name }), gateway: { certificate: 'self-signed', tokenService: true } },
    });
    const clients = [{ id: 'web', redirectUris: ['https://app.example.org/signed-in'] }];
    new KubernetesTokenService(stack, 'service', { ...place, api, clients, image: 'service:1', trustProxy: true });
    return synth(stack);
  };
  const argsOf = (synthesized: ReturnType<typeof synth>) => {
    const { spec } = synthesized.block('kubernetes_deployment_v1', 'service/deployment') as {
      spec: { template: { spec: { container: [{ args: string[] }] } } };
    };
    return spec.template.spec.container[0].args.join(' ');
  };

  it.each([
    [undefined, 'todos-token-service'],
    ['notes', 'notes-token-service'],
  ])('of an API with the name %s is %s, behind its Service', (name, expected) => {
    const synthesized = withTokenService(name);
    expect(synthesized.block('kubernetes_deployment_v1', 'service/deployment')['metadata']).toMatchObject({
      name: expected,
      labels: { 'app.kubernetes.io/instance': name ?? 'todos' },
    });
    expect(synthesized.block('kubernetes_service_v1', 'api/gateway/service')['metadata']).toMatchObject({
      name: expected,
    });
  });

  it('listens at IPv6 addresses where pods have them, and nginx reads such an address', () => {
    expect(argsOf(withTokenService())).not.toContain('--tls-listen-host');
    const synthesized = withTokenService(undefined, true);
    expect(argsOf(synthesized)).toContain('--tls-listen 8443 --tls-listen-host ::');
    const { spec } = synthesized.block('kubernetes_deployment_v1', 'api/deployment') as {
      spec: { template: { metadata: { annotations: Record<string, string> } } };
    };
    expect(spec.template.metadata.annotations['secured-postgrest/gateway-servers']).toMatch(
      /server "\$\{replace\(kubernetes_service_v1\.\w+\.spec\[0\]\.cluster_ip, .+\[\$0\].+\)\}:8443" max_fails/,
    );
  });
});

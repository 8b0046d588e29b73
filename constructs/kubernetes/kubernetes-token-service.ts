import { Construct } from 'constructs';
import { pathOfIssuer, TOKEN_SERVICE_OWN_PORT } from '../../compile/server/token-service-server.ts';
import { describedTokenService, type TokenServiceInput } from '../described-token-service.ts';
import { SecretFile } from '../secrets/secret-file.ts';
import { SecretsDirectory } from '../secrets/secrets-directory.ts';
import { Fn, type ITerraformDependable } from '../synth/cdk/core.ts';
import { dataResource } from '../synth/data-resource.ts';
import { cliProvisioner } from '../synth/cli-command.ts';
import { stopNode } from './graceful-stop.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';
import type { KubernetesPostgrest } from './kubernetes-postgrest.ts';
import { selectorText } from './labels.ts';
import { checkNotEmpty, hostsAsPeers, isAddress, networkPolicy, podsOf } from './network-policy.ts';
import { placePods } from './place-pods.ts';
import { checkReplicas, type Replicas } from './replicas.ts';
import { tokenServiceCertificate, tokenServiceName } from './token-service-certificate.ts';

export interface KubernetesTokenServiceProps extends TokenServiceInput {
  readonly cluster: KubernetesCluster;
  /** The API that its tokens are for, in this stack or in another one; its gateway has `tokenService: true`. */
  readonly api: KubernetesPostgrest;
  /** Number of pods. @default 2 */
  readonly replicas?: Replicas;
  /** Networks, such as `10.2.0.0/16`, of the database. @default its address; with a host name, any at its port */
  readonly databaseNetworks?: readonly string[];
  /** Part of the CPUs of a pod that a node sets aside for it, from 0.01 to 1. @default 0.25 */
  readonly cpuShare?: number;
  /** Time in which new pods have to be ready, in seconds. @default 300 */
  readonly rolloutSeconds?: number;
}

/** A pod answers what it has begun, and then ends. */
const GRACE_SECONDS = 30;

/**
 * The token service in the pods of a cluster, behind the nginx of the API's pods, which alone reach it, over TLS. The deploy ends when each pod
 * signs with the present key. New keys reach the pods without a restart.
 *
 * @example
 * const api = new KubernetesPostgrest(this, 'api', {
 *   declaration, database, cluster, gateway: { certificate: 'self-signed', tokenService: true },
 * });
 * new KubernetesTokenService(this, 'token-service', {
 *   declaration, database, cluster, api, image, clients: [{ id: 'web', redirectUris: ['https://app.example.org/signed-in'] }],
 * });
 *
 * @throws SecuredPostgrestError as {@link TokenService}
 */
export class KubernetesTokenService extends Construct {
  /** Dependencies to wait for until the service answers. */
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: KubernetesTokenServiceProps) {
    super(scope, id);
    const { database, cluster, image } = props;
    const { name } = props.api;
    const place = this.node.path;
    checkNotEmpty(`${place}.databaseNetworks`, props.databaseNetworks);
    const given = props.replicas ?? {};
    const ownSecrets = props.secrets ?? new SecretsDirectory({ name: props.declaration.name });
    const service = describedTokenService(
      this,
      { ...props, secrets: ownSecrets },
      // While the pods are replaced, there are those of both generations.
      {
        services: 2 * (given.max ?? given.min ?? 2),
        certificate: tokenServiceCertificate(ownSecrets, name).server,
        ...(cluster.ipv6 && { tlsListenHost: '::' }),
      },
    );
    const { server, secrets, declaration } = service;
    const replicas = checkReplicas(`${place}.replicas`, given, server.limits.cpus);
    const selector = { name, component: 'token-service' } as const;
    const deploymentName = tokenServiceName(name);
    const path = `${pathOfIssuer(service.issuer)}/jwks`;
    const answers = { http_get: { path, port: String(server.port), scheme: 'HTTPS' }, timeout_seconds: 5 };
    const pods = placePods(this, {
      ...selector,
      cluster,
      deploymentName,
      identity: secrets.identity,
      sidecars: [],
      main: {
        server,
        image,
        contents: {
          ...service.contents,
          declaration: {
            text: Fn.file(declaration.file),
            bytes: Buffer.byteLength(declaration.text),
            fingerprint: declaration.fingerprint,
          },
        },
        lifecycle: {
          readiness_probe: { ...answers, period_seconds: 2, failure_threshold: 3, success_threshold: 1 },
          ...stopNode(),
        },
      },
      replicas,
      cpuShare: props.cpuShare ?? 0.25,
      graceSeconds: GRACE_SECONDS,
      rolloutSeconds: props.rolloutSeconds ?? 300,
      hide: [new SecretFile(secrets.path).relativeTo(this)],
      dependsOn: [...cluster.waitFor, service.storage],
    });
    networkPolicy(this, {
      ...selector,
      cluster,
      deploymentName,
      identity: secrets.identity,
      ingress: [{ port: server.port, from: [podsOf({ name, component: 'api' })] }],
      egress: [{ port: database.internalPort, to: hostsAsPeers([database.internalHost], props.databaseNetworks) }],
      usesNames: !isAddress(database.internalHost),
    });
    const ready = dataResource(this, 'ready', {
      triggersReplace: { generation: pods.generation, keys: pods.runningFingerprint },
      provisioners: [
        cliProvisioner(
          'kubernetes',
          'renew',
          ...cluster.kubectlOptions,
          ...['--selector', selectorText(selector), '--files', pods.runningFingerprint],
          ...['--first-key', `${TOKEN_SERVICE_OWN_PORT}${path}=${service.signingKey}`],
        ),
      ],
      dependsOn: [...pods.waitFor],
    });
    this.waitFor = [ready];
  }
}

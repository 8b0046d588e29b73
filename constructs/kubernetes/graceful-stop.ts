import type { KubernetesAttributes } from '../synth/cdk/kubernetes.ts';

/** Time in which each node learns that a pod is about to end, and sends it no further connections. */
const LEAVING_SECONDS = 5;
/** nginx keeps idle connections for this long, so that clients learn with their next answer that they end. */
const IDLE_SECONDS = 10;
/** For what is left to do. */
const MARGIN_SECONDS = 10;

/** Time until what is left of a pod is killed. */
export function graceSeconds(answerSeconds: number): number {
  return LEAVING_SECONDS + IDLE_SECONDS + answerSeconds + MARGIN_SECONDS;
}

/** Has nginx serve until no node sends new connections, and then finish what it has begun. Kubernetes would have it end at once. */
export function stopNginx(): KubernetesAttributes {
  const script = `sleep ${LEAVING_SECONDS}; kill -QUIT 1; while kill -0 1; do sleep 0.2; done`;
  return { lifecycle: { pre_stop: { exec: { command: ['sh', '-c', script] } } } };
}

/** The same for a program of Node.js, whose image may have nothing else; it answers what it has begun when it is told to end. */
export function stopNode(): KubernetesAttributes {
  const script = `setTimeout(() => {}, ${LEAVING_SECONDS * 1000})`;
  return { lifecycle: { pre_stop: { exec: { command: ['node', '--eval', script] } } } };
}

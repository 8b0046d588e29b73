// Starts a cluster to work with: `npx tsx test/support/cluster/main.ts [IMAGE...]`. It ends with this process.
import { once } from 'node:events';
import buildCluster from './build-cluster.ts';
import { startCluster } from './start-cluster.ts';

buildCluster();
const cluster = await startCluster();
cluster.loadImage(...process.argv.slice(2));
console.log(`export KUBECONFIG=${cluster.kubeconfig}`);
console.log(`# ${cluster.hostAddress} is this machine; logs: ${cluster.directory}; end it with Ctrl-C`);
await Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
await cluster.stop();

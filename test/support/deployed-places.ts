import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Deployment, docker, engineObjects, runProgram } from './deployment.ts';
import { filesBelow } from './secret-search.ts';

/** What anybody could look at: every file of the deployment but those that `skip` names, plans, and what the engine tells. */
export async function deployedPlaces(
  deployment: Deployment,
  skip: readonly string[] = [],
): Promise<Record<string, string | Buffer>> {
  const { name, directory, env } = deployment;
  // State, backups, plans and everything that was synthesized.
  const places: Record<string, string | Buffer> = filesBelow(directory, [...skip, '/.terraform/providers/']);
  const stacks = join(directory, 'cdktf.out', 'stacks');
  for (const stack of readdirSync(stacks)) {
    const cwd = join(stacks, stack);
    const terraform = async (...args: string[]) => (await runProgram('terraform', args, { cwd, env })).output;
    await terraform('plan', '-refresh=true', '-out=plan.bin');
    places[`plan of ${stack}`] = await terraform('show', '-json', 'plan.bin');
    places[`plan to replace all of ${stack}`] = await terraform('plan', '-destroy');
  }
  for (const container of engineObjects('container', name)) {
    places[`docker inspect ${container}`] = docker('inspect', container);
    const logs = await runProgram('docker', ['logs', container], { cwd: directory, env: process.env });
    places[`docker logs ${container}`] = logs.output;
  }
  for (const kind of ['volume', 'network'] as const) {
    for (const object of engineObjects(kind, name))
      places[`docker inspect ${kind} ${object}`] = docker(kind, 'inspect', object);
  }
  return places;
}

import { refuse } from '../../errors/secured-postgrest-error.ts';
import { shellWord } from '../../errors/shell-word.ts';
import type { Belonging } from './labels.ts';

/** An object that some deployment has made. */
export interface DeployedObject {
  readonly kind: string;
  readonly name: string;
  /** The name of the declaration. */
  readonly declaration: string;
  /** Identity of the secrets directory that deployed it. */
  readonly deployment: string;
  /** Origin of this knowledge: `the engine`, or a state file. */
  readonly place: string;
}

/**
 * The object that shows that another deployment has made what this one is about to make.
 *
 * @param own the declaration's name, and the identity of its secrets directory; undefined where there are no secrets yet
 * @param objects with the names of those that a deploy would make, or in its state
 */
export function foreignObject(own: Belonging, objects: readonly DeployedObject[]): DeployedObject | undefined {
  const runs = objects.some(({ kind, deployment }) => kind !== 'volume' && deployment === own.deployment);
  // A volume keeps the labels of the deployment that made it.
  return objects.find(({ kind, deployment }) => deployment !== own.deployment && !(kind === 'volume' && runs));
}

/** Problem and fix for an object of another deployment. */
export function foreignDeployment(
  directory: string,
  own: string | undefined,
  { kind, name, declaration, deployment, place }: DeployedObject,
): { problem: string; fix: string } {
  const secrets = own === undefined ? 'holds no secrets yet' : `holds the secrets of deployment ${own}`;
  return {
    problem: `this directory ${secrets}, and ${kind} "${name}" (known from ${place}) belongs to deployment ${deployment}`,
    fix:
      'restore the secrets directory of that deployment, or name it in SECRETS_DIRECTORY; without a backup, take the ' +
      `deployment over: ${adoptCommand(declaration, deployment, directory)}`,
  };
}

/** The command that makes a secrets directory that of a deployment. */
export function adoptCommand(declaration: string, deployment: string, directory: string): string {
  const options = ['--name', declaration, '--deployment', deployment, '--directory', directory];
  return `npx secured-postgrest secrets adopt ${options.map(shellWord).join(' ')}`;
}

/** @throws SecuredPostgrestError `foreign_deployment` */
export function refuseForeign(directory: string, own: string | undefined, object: DeployedObject): never {
  const { problem, fix } = foreignDeployment(directory, own, object);
  refuse('foreign_deployment', directory, problem, fix);
}

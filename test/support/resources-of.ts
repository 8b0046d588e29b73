import type { Deployment } from './deployment.ts';

interface State {
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly instances: readonly { readonly attributes: object }[];
  }[];
}

/** What the engine and Terraform choose anew for each object: ids, ends of names, and the containers' network and addresses. */
const CHOSEN =
  /\b[0-9a-f]{12,}|(?<=-)[0-9a-f]{8}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?!127\.)(\d+\.){3}\d+(\/\d+)?\b|(\b[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g;
/** Size of the network, which depends on those that there are already, and ports that Docker chooses. */
const NUMBER = /(?<="ip_prefix_length": )\d+|(?<="external": )(3[2-9]|[456])\d{3}\b/g;

/** The attributes of each resource in a deployment's states, without what was chosen anew. */
export function resourcesOf(deployment: Deployment): Record<string, unknown> {
  return Object.fromEntries(
    deployment
      .states()
      .filter(({ file }) => file.endsWith('.tfstate'))
      .flatMap(({ file, text }) =>
        (JSON.parse(text.replaceAll(NUMBER, '0').replaceAll(CHOSEN, '*')) as State).resources.map(
          ({ type, name, instances }) => [`${file} ${type}.${name}`, instances.map(({ attributes }) => attributes)],
        ),
      ),
  );
}

import { readFileSync } from 'node:fs';
import { DEPLOYMENT_LABEL, type Label, NAME_LABEL } from '../docker/labels.ts';

interface State {
  readonly resources?: readonly {
    readonly type: string;
    readonly instances?: readonly {
      readonly attributes?: { readonly name?: string; readonly labels?: readonly Label[] };
    }[];
  }[];
}

/** An object that Terraform's state has. */
export interface StateObject {
  readonly kind: string;
  readonly name: string;
  readonly declaration: string;
  readonly deployment: string;
}

/** The labelled Docker objects in a state file; none where there is no file, or another program's. */
export function stateObjects(file: string): StateObject[] {
  let state: State;
  try {
    state = JSON.parse(readFileSync(file, 'utf8')) as State;
  } catch {
    return [];
  }
  return (state.resources ?? []).flatMap(({ type, instances = [] }) =>
    instances.flatMap(({ attributes }) => {
      const labels = Object.fromEntries((attributes?.labels ?? []).map(({ label, value }) => [label, value]));
      const { [DEPLOYMENT_LABEL]: deployment, [NAME_LABEL]: declaration } = labels;
      if (deployment === undefined || declaration === undefined) return [];
      return { kind: type.replace('docker_', ''), name: attributes?.name ?? '', declaration, deployment };
    }),
  );
}

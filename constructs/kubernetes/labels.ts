/** Properties by which pods are selected. */
export interface PodSelector {
  /** Name of the API. */
  readonly name: string;
  readonly component: 'api' | 'token-service';
}

/** Labels by which the pods of a component are found: Kubernetes' recommended ones. */
export function selectorLabels({ name, component }: PodSelector): Readonly<Record<string, string>> {
  return {
    'app.kubernetes.io/name': 'postgrest',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/component': component,
  };
}

/** Labels of everything that belongs to a component. */
export function labels(selector: PodSelector, deployment: string): Readonly<Record<string, string>> {
  return {
    ...selectorLabels(selector),
    'app.kubernetes.io/managed-by': 'secured-postgrest',
    'secured-postgrest/deployment': deployment,
  };
}

/** The selector as `kubectl` reads it. */
export function selectorText(selector: PodSelector): string {
  return Object.entries(selectorLabels(selector))
    .map((pair) => pair.join('='))
    .join(',');
}

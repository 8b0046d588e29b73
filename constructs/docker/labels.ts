/** A label of a container, volume or network, as the Docker provider wants it. */
export interface Label {
  readonly label: string;
  readonly value: string;
}

/** Declaration and deployment that a container, volume or network belongs to. */
export interface Belonging {
  /** The declaration's name. */
  readonly name: string;
  /** Identity of the secrets directory that deploys it. @default none */
  readonly deployment?: string;
}

/** Names the declaration. */
export const NAME_LABEL = 'secured-postgrest.name';

/** Tells whose an object is: only what the same deployment has made is ever taken over. */
export const DEPLOYMENT_LABEL = 'secured-postgrest.deployment';

/** The labels of everything that belongs to one API. */
export function labels({ name, deployment }: Belonging, further: Readonly<Record<string, string>> = {}): Label[] {
  const all = {
    ...further,
    [NAME_LABEL]: name,
    ...(deployment !== undefined && { [DEPLOYMENT_LABEL]: deployment }),
  };
  return Object.entries(all).map(([label, value]) => ({ label, value }));
}

/** Reads the declaration and deployment from a resource's labels. */
export function belongingOf({ labelsInput }: { readonly labelsInput?: unknown }): Belonging | undefined {
  if (!Array.isArray(labelsInput)) return undefined;
  const value = (name: string) => (labelsInput as Label[]).find(({ label }) => label === name)?.value;
  const [name, deployment] = [value(NAME_LABEL), value(DEPLOYMENT_LABEL)];
  return name === undefined || deployment === undefined ? undefined : { name, deployment };
}

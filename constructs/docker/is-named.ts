const SUFFIX = /-[0-9a-f]{8}$/;

/** True if a container has the name, or a unique one that was made of it. */
export function isNamed(name: string, container: string): boolean {
  return container === name || commonName(container) === name;
}

/** The name that the unique name of a container was made of; another name as it is. */
export function commonName(container: string): string {
  return container.replace(SUFFIX, '');
}

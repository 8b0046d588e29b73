/** True if a container has the name, or a unique one that was made of it. */
export function isNamed(name: string, container: string): boolean {
  return container === name || container.replace(/-[0-9a-f]{8}$/, '') === name;
}

/** True if a container has the name, or a unique one that was made of it. */
export function isNamed(name: string, container: string): boolean {
  return container.startsWith(name) && /^(-[0-9a-f]{8})?$/.test(container.slice(name.length));
}

/** A text without references to other resources, which look different after each synthesis. */
export function withoutReferences(text: string): string {
  return text.replaceAll(/\$\{TfToken\[[^\]]*\]\}/g, '');
}

import { Token } from '../synth/cdk/core.ts';

/** A text without references to other resources, which look different after each synthesis. */
export function withoutReferences(text: string): string {
  return text.replaceAll(/\$\{TfToken\[[^\]]*\]\}/g, '');
}

/** Those texts that Terraform fills in when it applies. */
export function referencesIn(texts: readonly string[]): readonly string[] {
  return texts.filter((text) => Token.isUnresolved(text));
}

/** What decides which providers a stack needs. */
export interface TerraformContent {
  readonly terraform?: { readonly required_providers?: Readonly<Record<string, { source: string; version: string }>> };
}

export function lockOf(
  directory: string,
  content: TerraformContent,
): { readonly text: string; readonly outdated: boolean; readonly complete: boolean };

export interface Output {
  readonly sensitive: boolean;
  readonly type: unknown;
  readonly value: unknown;
}

export function outputsInState(
  directory: string,
  content: { readonly terraform?: { readonly backend?: { readonly local?: { readonly path?: string } } } },
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, Output>> | undefined;

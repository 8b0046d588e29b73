export function knownOptions(
  flags: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly skipProviderLock: boolean; readonly noColor: boolean } | undefined;

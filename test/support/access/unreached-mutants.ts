/** Mutants that change nothing which a request can reach, each with the reason; they are not counted. */
export const UNREACHED: readonly { readonly mutant: RegExp; readonly reason: string }[] = [];

export interface Stack {
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly workingDirectory: string;
  readonly content: object;
}

export function readStacks(directory: string): Stack[];
export function isPlain(stack: { readonly content: object }): boolean;

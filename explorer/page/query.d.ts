export interface Filter {
  readonly column: string;
  readonly operator: string;
  readonly value: string;
}
export const OPERATORS: Readonly<Record<string, string>>;
export function rowsPath(
  table: string,
  options: {
    readonly columns?: readonly string[];
    readonly filters?: readonly Filter[];
    readonly order?: { readonly column: string; readonly descending: boolean };
    readonly limit: number;
    readonly offset?: number;
  },
): string;
export function spellOut(value: string): string;

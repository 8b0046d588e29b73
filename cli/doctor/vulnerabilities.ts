export type Product = 'PostgreSQL' | 'PostgREST';

interface Vulnerability {
  readonly problem: string;
  /** The first version that has it not. */
  readonly fixed: string;
}

/** By major version; as of November 2026. */
const KNOWN: Record<Product, Readonly<Record<number, Vulnerability>>> = {
  PostgreSQL: Object.fromEntries(
    ['18.7', '17.12', '16.16', '15.20'].map((fixed) => [
      Number.parseInt(fixed, 10),
      { fixed, problem: 'CVE-2026-6460 is known, with a public exploit' },
    ]),
  ),
  PostgREST: {
    12: { fixed: '12.2.12', problem: '12.2.0 to 12.2.11 print secrets on the admin port' },
    14: { fixed: '14.18', problem: 'fresh tokens can be rejected (JWT issued at future)' },
    16: { fixed: '16.3', problem: 'fresh tokens can be rejected (JWT issued at future)' },
  },
};

/** Finds a known vulnerability of a version. A version such as `18` counts as the newest of its kind. */
export function vulnerability(product: Product, version: string): Vulnerability | undefined {
  const [major = 0, ...rest] = version.split('.').map(Number);
  if (product === 'PostgreSQL' && major < 15) return { problem: 'it gets no fixes any more', fixed: '15.20' };
  if (product === 'PostgREST' && major === 12 && rest[0] !== 2) return undefined;
  const known = KNOWN[product][major];
  if (!known || rest.length === 0) return undefined;
  const fixed = known.fixed.split('.').map(Number).slice(1);
  return compare(rest, fixed) < 0 ? known : undefined;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = b.findIndex((number, n) => number !== (a[n] ?? 0));
  return index === -1 ? 0 : (a[index] ?? 0) - b[index]!;
}

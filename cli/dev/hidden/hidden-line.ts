import type { Explanation, PolicyOfRow } from '../../../access/why/explanation.ts';

/** Names the policies that hide rows from a request: no row and no value of one. Undefined where policies hide none. */
export function hiddenLine(
  { request, role, result, rows, decided, notes }: Explanation,
  claims: Readonly<Record<string, unknown>>,
): string | undefined {
  if (result === 'refused' || result === 'all' || decided?.stage !== 'policies' || role === undefined) return undefined;
  const hidden = rows.filter(({ outcome, policies }) => outcome === 'hidden' && deciding(policies) !== undefined);
  const tables = [...new Set(hidden.map(({ table }) => table))];
  if (tables.length === 0) return undefined;
  const isPart = notes.some((note) => note.startsWith('only the first'));
  const texts = tables.map((table) => {
    const ofTable = hidden.filter((row) => row.table === table);
    const all = rows.filter((row) => row.table === table).length;
    const names = [...new Set(ofTable.flatMap(({ policies }) => deciding(policies)!))];
    const blamed = names.length === 0 ? 'no policy lets it select them' : names.map((name) => `"${name}"`).join(', ');
    return `${ofTable.length} of ${isPart ? `the first ${all}` : all} rows of ${table}: ${blamed}`;
  });
  const as = Object.keys(claims).length === 0 ? '' : ` (with the sample claims ${JSON.stringify(claims)})`;
  return `hidden: ${role}, ${request}: policies hide ${texts.join('; ')}${as}`;
}

/** Policies that hide a row: restrictive ones that are not true, and all permissive ones where none is. Undefined where they let it pass. */
function deciding(policies: readonly PolicyOfRow[]): string[] | undefined {
  const isTrue = ({ condition }: PolicyOfRow) => condition.truth === 'true';
  const permissive = policies.filter(({ mode }) => mode === 'permissive');
  const refusing = policies.filter((policy) => policy.mode === 'restrictive' && !isTrue(policy));
  const isPermitted = permissive.some(isTrue);
  if (isPermitted && refusing.length === 0) return undefined;
  return [...(isPermitted ? [] : permissive), ...refusing].map(({ name }) => name);
}

import type { Declaration } from '../../declaration/types.ts';
import { requestSubjects, type Subject, type Subjects } from '../../access/subjects.ts';
import { setClaim } from '../../declaration/claims.ts';

/** Sample subjects of every role: with the claims that policies read, and users without any. */
export function comparedSubjects(declaration: Declaration): Subjects {
  const custom = customClaims(declaration);
  // Functions of the owner are measured with their callers.
  const samples = Object.entries(requestSubjects(declaration)).map(([name, subject]): [string, Subject | undefined] => [
    name,
    subject && { ...subject, claims: withClaims(subject.claims, custom) },
  ]);
  const bare = declaration.users.map(({ name }): [string, Subject] => [
    `${name} without claims`,
    { role: name, claims: {} },
  ]);
  return Object.fromEntries([...samples, ...bare]);
}

/** A claim that a condition of the user reads. */
interface CustomClaim {
  readonly path: readonly string[];
  /** Type that it is cast to. @default text */
  readonly type: string;
  /** Value that the condition compares it with. @default none */
  readonly compared: string | undefined;
}

/** `claim('app', 'role')`, the type of a cast around it, and a constant behind both. */
const READ =
  /\bclaim\(('[^']+'(?:, '[^']+')*)\)(?:, NULL::(?:pg_catalog\.)?"?(\w+)"?\))?\)*(?:::\w+)?(?: = (?:ANY \(+ARRAY\[)?\(?'?([^'():]+))?/g;

function customClaims({ tables }: Declaration): CustomClaim[] {
  const found: CustomClaim[] = [];
  for (const { input } of tables.flatMap(({ policies }) => policies)) {
    if (input.kind !== 'custom') continue;
    for (const { sql } of [input.using, ...(input.check ? [input.check] : [])]) {
      for (const [, names, type = 'text', compared] of sql.matchAll(READ))
        found.push({ path: names!.slice(1, -1).split("', '"), type, compared });
      if (/\bauth\.(uid|jwt)\(\)/.test(sql)) found.push({ path: ['sub'], type: 'uuid', compared: undefined });
    }
  }
  return found;
}

function withClaims(claims: Subject['claims'], custom: readonly CustomClaim[]): Subject['claims'] {
  const all: Record<string, unknown> = structuredClone(claims);
  for (const { path, type, compared } of custom)
    if (path.join() !== 'role') setClaim(all, path, sampleOf(type, compared));
  return all;
}

/** The value of sample rows, or the one that the condition wants. */
function sampleOf(type: string, compared: string | undefined): unknown {
  if (type === 'uuid') return '00000000-0000-0000-0000-000000000001';
  if (/^(int|numeric)/.test(type)) return /^\d+$/.test(compared ?? '') ? Number(compared) : 1;
  return compared ?? 'sample';
}

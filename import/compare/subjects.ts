import type { Declaration } from '../../declaration/types.ts';
import { sampleSubjects, type Subject, type Subjects } from '../../access/subjects.ts';
import { setClaim } from '../../declaration/claims.ts';

/** Sample subjects of every role: with the claims that policies read, and users without any. */
export function comparedSubjects(declaration: Declaration): Subjects {
  const custom = customClaims(declaration);
  // No request comes as the owner, whose functions are measured with their callers.
  const requests = Object.entries(sampleSubjects(declaration)).filter(([name]) => name !== declaration.owner);
  const samples = requests.map(([name, subject]): [string, Subject | undefined] => [
    name,
    subject && { ...subject, claims: withClaims(subject.claims, custom) },
  ]);
  const bare = declaration.users.map(({ name }): [string, Subject] => [
    `${name} without claims`,
    { role: name, claims: {} },
  ]);
  return Object.fromEntries([...samples, ...bare]);
}

/** Claims that conditions of the user name, with a value of the type that they are cast to. */
function customClaims({ tables }: Declaration): Map<string, string> {
  const found = new Map<string, string>();
  for (const { input } of tables.flatMap(({ policies }) => policies)) {
    if (input.kind !== 'custom') continue;
    for (const { sql } of [input.using, ...(input.check ? [input.check] : [])]) {
      for (const [, name, type = ''] of sql.matchAll(/claim\('([^']+)'\)(?:, NULL::(?:pg_catalog\.)?"?(\w+))?/g))
        found.set(name!, type);
      if (/\bauth\.(uid|jwt)\(\)/.test(sql)) found.set('sub', 'uuid');
    }
  }
  return found;
}

function withClaims(claims: Subject['claims'], custom: ReadonlyMap<string, string>): Subject['claims'] {
  const all: Record<string, unknown> = structuredClone(claims);
  for (const [name, type] of custom) {
    if (name === 'role') continue;
    setClaim(
      all,
      name,
      type === 'uuid' ? '00000000-0000-0000-0000-000000000001' : /^(int|numeric)/.test(type) ? 1 : 'sample',
    );
  }
  return all;
}

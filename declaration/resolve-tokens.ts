import { claimPath } from './claims.ts';
import { checkDistinct, checkKnownSchema, checkName, qualify } from './names.ts';
import type { Declaration, Revocation, RevocationInput, RevokingTable, TokenRules, Tokens } from './types.ts';

type Schemas = Pick<Declaration, 'schemas' | 'internalSchemas'>;

/** Fills in what tokens have to say. A token that lacks what a revocation goes by could not be revoked. */
export function resolveTokens(
  { requiredClaims = ['exp'], revocation, encryption = 'off', ...others }: TokenRules,
  schemas: Schemas,
): Tokens {
  const rules = { ...others, ...(encryption !== 'off' && { encryption }) };
  if (!revocation) return { ...rules, requiredClaims };
  const resolved = resolveRevocation(revocation, schemas);
  const { subject } = resolved;
  const named = ['iat', 'jti', ...(subject.length === 1 ? subject : [])];
  return { ...rules, requiredClaims: [...new Set([...requiredClaims, ...named])], revocation: resolved };
}

function resolveRevocation(
  { subject = 'sub', subjectTypes, revokeOnChange = [] }: RevocationInput,
  schemas: Schemas,
): Revocation {
  const place = 'tokens.revocation.revokeOnChange';
  const tables = revokeOnChange.map(({ table, column }, index): RevokingTable => {
    const name = qualify(table, schemas.schemas[0]!, `${place}[${index}].table`);
    checkKnownSchema(name.schema, `${place}[${index}].table`, schemas);
    const columns = typeof column === 'string' ? [column] : column;
    for (const each of columns) checkName(each, `${place}[${index}].column`);
    checkDistinct(columns, () => `${place}[${index}].column`);
    return { ...name, columns };
  });
  checkDistinct(
    tables.map(({ schema, name }) => `${schema}.${name}`),
    (index) => `${place}[${index}].table`,
  );
  return { subject: claimPath(subject), ...(subjectTypes && { subjectTypes }), revokeOnChange: tables };
}

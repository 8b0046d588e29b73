import type { ClaimType } from '../../declaration/types.ts';
import type { FoundRelation } from '../database/found.ts';

/** Types of claims by the type of the column that one is compared with. */
const CLAIM_TYPES: Readonly<Record<string, ClaimType>> = {
  uuid: 'uuid',
  int2: 'int2',
  int4: 'int',
  int8: 'bigint',
  numeric: 'numeric',
  bool: 'boolean',
  text: 'text',
  varchar: 'text',
  bpchar: 'text',
  citext: 'text',
  name: 'text',
};

/** The type with which a claim is compared with a column; undefined where no template does that. */
export function claimTypeOf(relation: Pick<FoundRelation, 'columns'>, column: string): ClaimType | undefined {
  const found = relation.columns.find(({ name }) => name === column);
  return found && CLAIM_TYPES[found.type];
}

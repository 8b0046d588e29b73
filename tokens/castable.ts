import type { ClaimType } from '../declaration/types.ts';

/** Largest values of the integer types, by their sizes in bits. */
const INTEGER_BITS: Partial<Record<ClaimType, bigint>> = {
  int2: 15n,
  int: 31n,
  int4: 31n,
  int8: 63n,
  bigint: 63n,
};

/** Tests if Postgres reads a text as a value of a type. */
export function isCastable(text: string, type: ClaimType): boolean {
  const trimmed = text.trim();
  switch (type) {
    case 'text':
      return true;
    case 'uuid':
      return /^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/i.test(text.replace(/^\{(.*)\}$/, '$1'));
    case 'boolean':
      return /^(?:t(?:r(?:ue?)?)?|f(?:a(?:l(?:se?)?)?)?|y(?:es?)?|no?|on|off?|[01])$/i.test(trimmed);
    case 'numeric':
      return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$|^(?:nan|[-+]?inf(?:inity)?)$/i.test(trimmed);
    default:
      return /^[-+]?\d+$/.test(trimmed) && isWithin(BigInt(trimmed.replace('+', '')), INTEGER_BITS[type]!);
  }
}

function isWithin(value: bigint, bits: bigint): boolean {
  return value >= -(2n ** bits) && value < 2n ** bits;
}

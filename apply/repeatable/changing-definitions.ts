import { namesOf } from '../../postgres/expressions/parse-expression.ts';
import { isKind, listNodes, type Node } from '../../postgres/expressions/walk.ts';

/**
 * Words of dates and times that Postgres replaces with the present when it reads a definition (documentation, 8.5.1.4). It
 * skips punctuation around them.
 */
const PRESENT = /(?<![a-z])(?:now|today|tomorrow|yesterday)(?![a-z])/i;

/** Kinds of objects of a `DefineStmt` that Postgres calls no function for when it reads another definition. */
const DEFINED: ReadonlySet<string> = new Set(['OBJECT_AGGREGATE', 'OBJECT_COLLATION']);

/** Parse nodes of a bound that is a value. */
const CONSTANT: ReadonlySet<string> = new Set(['A_Const', 'ColumnRef', 'String', 'TypeCast', 'TypeName']);
/** Functions of texts and numbers, which a domain may call: Postgres tests values of it when it reads a definition. */
export const OF_VALUES: ReadonlySet<string> = new Set([
  ...[
    'abs',
    'array_length',
    'btrim',
    'cardinality',
    'ceil',
    'char_length',
    'character_length',
    'floor',
    'length',
    'lower',
  ],
  ...[
    'ltrim',
    'octet_length',
    'position',
    'regexp_like',
    'round',
    'rtrim',
    'starts_with',
    'strpos',
    'substring',
    'upper',
  ],
]);

/** Setting of the escapes in literals. */
export const LITERALS = 'standard_conforming_strings';

/** Tests for a node of a definition that can have another meaning the next time. */
export function canChange(name: string, node: Node): boolean {
  switch (name) {
    case 'A_Const': {
      const { sval } = node as { sval?: { sval?: string } };
      // Elements of arrays and ranges have quotes and escapes of their own.
      return PRESENT.test((sval?.sval ?? '').replaceAll(/[\\"]/g, ''));
    }
    // The offset of a time zone is that of the present.
    case 'String':
      return /^_?timetz$/.test((node as { sval?: string }).sval ?? '');
    case 'SQLValueFunction':
      return /^SVFOP_CURRENT_TIME(?:_N)?$/.test((node as { op: string }).op);
    // Literals then have other escapes than the parser knows.
    case 'VariableSetStmt':
      return (
        (node as { name?: string }).name?.toLowerCase() === LITERALS &&
        !listNodes(node).some(([, { sval }]) => sval === 'on')
      );
    case 'DefineStmt':
      return !DEFINED.has((node as { kind: string }).kind);
    case 'CreateRangeStmt':
      return listNodes(node).some(([, { defname }]) => defname === 'canonical');
    // Postgres evaluates the bounds of a partition.
    case 'partbound':
    case 'bound':
      return listNodes(node).some(([inner]) => isKind(inner) && !CONSTANT.has(inner));
    case 'CreateDomainStmt':
    case 'AlterDomainStmt':
      return listNodes(node).some(([inner, call]) => callsOther(inner, call));
    default:
      return false;
  }
}

function callsOther(name: string, { funcname }: Node): boolean {
  if (name === 'SQLValueFunction') return true;
  if (name !== 'FuncCall') return false;
  const names = namesOf(funcname);
  const isQualified = names.length > 1 && names[0] !== 'pg_catalog';
  return isQualified || !OF_VALUES.has(names.at(-1)!);
}

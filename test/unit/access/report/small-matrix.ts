import type { AccessCell, AccessMatrix, RelationAccess } from '../../../../access/matrix.ts';
import { COMMANDS } from '../../../../declaration/commands.ts';
import type { Reach } from '../../../../access/map/reach.ts';

const refused: Reach = { refused: '42501', columns: [] };
const rows = (keys: readonly string[], columns: readonly string[] = []): Reach => ({ rows: keys, columns });

/** A relation with the four reaches of each subject; of those that are not refused, the named ones are not declared. */
export function relation(
  of: Omit<RelationAccess, 'schema' | 'truncated' | 'cells'> & Partial<RelationAccess>,
  reaches: Readonly<Record<string, readonly Reach[]>>,
  undeclared: readonly string[] = [],
): RelationAccess {
  const cells = Object.entries(reaches).flatMap(([subject, reached]) =>
    COMMANDS.map((command, index): AccessCell => {
      const reach = reached[index]!;
      return { subject, command, reach, declared: 'rows' in reach && !undeclared.includes(`${subject} ${command}`) };
    }),
  );
  return { schema: 'api', truncated: false, cells, ...of };
}

/** One of each kind of cell. */
export const smallMatrix: AccessMatrix = {
  name: 'todos',
  subjects: ['anonymous', 'ann'],
  relations: [
    relation(
      { name: 'todos', rows: 3 },
      {
        anonymous: [rows(['2'], ['id', 'title']), refused, refused, rows(['1', '2', '3'])],
        ann: [rows(['1', '2'], ['id']), rows(['1', '2', '3'], ['title']), rows([], ['title']), refused],
      },
      ['anonymous delete'],
    ),
    relation(
      { name: 'logs', rows: 0 },
      {
        anonymous: [refused, { refused: 'PT401', columns: [] }, { refused: 'XY123', columns: [] }, refused],
        ann: [rows([]), rows(['DEFAULT VALUES']), refused, refused],
      },
    ),
    relation(
      { name: 'events', rows: 1000, truncated: true },
      {
        anonymous: [refused, refused, refused, refused],
        ann: [rows(Array.from({ length: 1000 }, (_, index) => `e${index}`)), refused, refused, refused],
      },
    ),
  ],
};

export const HOSTILE = `<script>alert('1')</script>" onload="x" &amp; \u001b[31m\u202e\n`;

/** With that text in every place that comes from a database or a user. */
export const hostileMatrix: AccessMatrix = {
  name: HOSTILE,
  subjects: [HOSTILE],
  relations: [
    relation(
      { schema: HOSTILE, name: HOSTILE, rows: 1 },
      {
        [HOSTILE]: [rows([HOSTILE], [HOSTILE]), { refused: HOSTILE, columns: [] }, rows([HOSTILE], [HOSTILE]), refused],
      },
      [`${HOSTILE} update`],
    ),
  ],
};

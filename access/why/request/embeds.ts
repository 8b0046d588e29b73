import { splitList } from './split-list.ts';
import { columnOf } from './request-target.ts';

/** A resource that `select` embeds: `author:users!author_id!inner(name)`. */
export interface Embed {
  /** Its alias, or else its target: the name by which filters reach it. */
  readonly name: string;
  /** Table, column or constraint that leads to it. */
  readonly target: string;
  /** Constraint, column or junction that tells its relationship from others. */
  readonly hint?: string;
  /** Rows without an embedded row are left out. */
  readonly inner: boolean;
  /** Columns that it selects; undefined: every column. */
  readonly selected?: readonly string[];
  readonly embeds: readonly Embed[];
}

const NAME = '(?:"(?:[^"\\\\]|\\\\.)*"|[^":!(). -]+)';
const EMBED = new RegExp(`^\\s*(?:\\.\\.\\.)?(?:(${NAME}):)?(${NAME})((?:!${NAME})*)\\((.*)\\)\\s*$`, 's');

/** Embedded resources of a `select`. Aggregates are none. */
export function readEmbeds(select: string): Embed[] {
  return splitList(select).flatMap((part) => {
    const [, alias, target = '', modifiers = '', inside = ''] = EMBED.exec(part) ?? [];
    if (target === '' || (target === 'count' && inside === '')) return [];
    const given = modifiers.split('!').slice(1).map(plain);
    const hint = given.find((one) => one !== 'inner' && one !== 'left');
    const parts = splitList(inside);
    return {
      name: plain(alias ?? target),
      target: plain(target),
      ...(hint !== undefined && { hint }),
      inner: given.includes('inner'),
      ...(!parts.some((each) => each.trim() === '*') && { selected: parts.flatMap(columnOf) }),
      embeds: readEmbeds(inside),
    };
  });
}

function plain(name: string): string {
  return name.replace(/^"(.*)"$/s, (_, inner: string) => inner.replaceAll(/\\(.)/gs, '$1'));
}

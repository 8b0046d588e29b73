import type pg from 'pg';
import { literal } from '../../../../access/prove/model/casts.ts';
import type { Kind } from '../../../../access/prove/model/values.ts';
import type { PinnedWorld } from './pinned-world.ts';

/** What Postgres makes of a text in a type: null where it rejects the text. */
export class CastFacts {
  readonly #known = new Map<string, string | null>();
  readonly #client: pg.ClientBase;

  constructor(client: pg.ClientBase) {
    this.#client = client;
  }

  /** Asserts for each text of a world what it is in each type that the question casts to, and the other way round. */
  async pin(world: PinnedWorld): Promise<void> {
    const kinds = new Set(world.casts.map(({ kind }) => kind));
    for (const kind of kinds) {
      const sort = world.sortOf(kind);
      for (const constant of [...world.constants.values()].filter((one) => one.kind === kind)) {
        world.define(`text of ${kind} as text`, [sort, 'Text'], constant.term, world.text(constant.text).term);
      }
      for (const [term, text] of kind === 'int' ? INTEGERS : []) {
        world.define('text of int as text', ['Int', 'Text'], term, world.text(text).term);
      }
    }
    const texts = [...world.constants.values()].filter((one) => one.kind === 'text');
    for (const kind of kinds) {
      for (const { term, text } of texts) {
        const value = await this.#read(text, kind);
        const valid = world.script.symbol(`valid ${kind}`, 'Bool', ['Text']);
        world.script.assert(value === null ? `(not (${valid} ${term}))` : `(${valid} ${term})`);
        if (value === null) continue;
        const { term: result } = literal(value, kind, world);
        world.define(`cast of text as ${kind}`, ['Text', world.sortOf(kind)], term, result);
      }
    }
  }

  async #read(text: string, kind: Kind): Promise<string | null> {
    const type = typeOf(kind);
    const key = `${type} ${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { rows } = await this.#client.query<{ valid: boolean }>('SELECT pg_input_is_valid($1, $2) AS valid', [
      text,
      type,
    ]);
    const value = rows[0]!.valid
      ? (await this.#client.query<{ value: string }>(`SELECT $1::text::${type}::text AS value`, [text])).rows[0]!.value
      : null;
    this.#known.set(key, value);
    return value;
  }
}

const INTEGERS = [...Array(200).keys()].map((n) => {
  const value = n - 100;
  return [value < 0 ? `(- ${-value})` : String(value), String(value)] as const;
});

function typeOf(kind: Kind): string {
  return kind.replace(/^other:(?:enum )?/, '');
}

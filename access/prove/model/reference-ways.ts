import type { RowCommand, SurveyedReference, SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { Environment } from './environment.ts';
import { compare } from './operators.ts';
import { all, any, FALSE_TERM, not, TRUE_TERM } from './script.ts';
import { environmentOf } from './sql.ts';
import { kin, violates, type Question, type Way } from './way.ts';
import type { Ways } from './ways.ts';
import { differs, isSetByTrigger, keepChecks, newRow } from './written-row.ts';
import type { Row } from './world.ts';

/** A foreign key that changes rows of the question's table, or deletes them. */
interface ActingKey extends SurveyedReference {
  /** The table with the foreign key. */
  readonly holder: SurveyedRelation;
  /** Command on the referenced row that lets it act. */
  readonly event: 'update' | 'delete';
}

const CHANGES: readonly string[] = ['set null', 'set default'];

/** Foreign keys whose actions do a command to rows of the table. */
function actingKeys({ table, command, property }: Question): readonly ActingKey[] {
  const { columns, exceptReferences = [] } = property;
  return kin(table).flatMap((holder) =>
    holder.references.flatMap((key): ActingKey[] => {
      if (holder === table && exceptReferences.includes(key.name)) return [];
      const { on_delete, on_update } = key;
      if (command === 'delete') return on_delete === 'cascade' ? [{ ...key, holder, event: 'delete' }] : [];
      if (command !== 'update' || (columns && !key.columns.some((name) => columns.includes(name)))) return [];
      return [
        ...(CHANGES.includes(on_delete) ? [{ ...key, holder, event: 'delete' } as const] : []),
        ...(CHANGES.includes(on_update) || on_update === 'cascade'
          ? [{ ...key, holder, event: 'update' } as const]
          : []),
      ];
    }),
  );
}

/**
 * Ways in which a row goes, or changes, with the row that it references. Policies do not bind such an action: what counts is
 * who reaches the referenced row.
 *
 * @param above tables whose rows the table's rows take with them
 */
export function referenceWays(
  question: Question,
  above: readonly SurveyedRelation[],
  waysTo: (question: Question, above: readonly SurveyedRelation[]) => Ways,
): Ways {
  const modelled: Way[] = [];
  const others: string[] = [];
  for (const key of actingKeys(question)) {
    const parent = key.referenced;
    const toParent: Question = {
      ...question,
      table: parent,
      command: key.event,
      property: anyRow(parent, key.event, question),
    };
    const circle = [...above, question.table];
    if (circle.includes(parent)) {
      // Somewhere a chain of any length begins.
      const begins = circle.some((table) => {
        const { modelled: direct, others: unknown } = waysTo({ ...toParent, table }, [...circle, table]);
        return direct.length + unknown.length > 0;
      });
      if (begins) others.push(`${pieceOf(key)}, in a circle`);
      continue;
    }
    const ways = waysTo(toParent, circle);
    others.push(...ways.others.map((piece) => `${pieceOf(key)}: ${piece}`));
    modelled.push(...ways.modelled.map((way) => takenWith(way, key, question)));
  }
  return { modelled, others };
}

const pieceOf = ({ name, holder, event }: ActingKey) =>
  `foreign key ${name} of ${holder.schema}.${holder.name} ON ${event.toUpperCase()}`;

/** A property of which each row that is reached is a leak. */
function anyRow({ schema, name }: SurveyedRelation, command: RowCommand, { property }: Question): Question['property'] {
  const { name: own, words, roles } = property;
  return { name: own, words, roles, relation: { schema, name }, commands: [command], only: 'false' };
}

function takenWith(way: Way, key: ActingKey, question: Question): Way {
  const { catalog, role, table } = question;
  return {
    request: way.request,
    command: way.command ?? key.event,
    build: (world) => {
      const environment = environmentOf(world, catalog, role);
      const leak = way.build(world);
      const parent = leak.met ?? { before: leak.before, after: leak.after?.row };
      if (!parent.before) return { term: FALSE_TERM };
      const before = world.addRow(table, 'subject', true);
      const isLinked = pairsOf(key, before, parent.before).map(([own, other]) =>
        own && other ? compare('=', own, other, environment).t : FALSE_TERM,
      );
      const reached = all(leak.term, ...isLinked);
      const result = { ...leak, of: leak.of ?? key.referenced };
      if (question.command === 'delete') {
        return { ...result, term: all(reached, violates(before, question, world)), met: { before, after: undefined } };
      }
      const after = newRow(table, key.columns, 'update', before, environment);
      keepChecks(after, environment);
      const changed = key.event === 'delete' ? TRUE_TERM : keyChanges(key, parent.before, parent.after);
      const isWrong = any(violates(before, question, world), violates(after, question, world));
      const term = all(
        reached,
        changed,
        after.present,
        newKey(key, { before, after }, parent.after, environment),
        isWrong,
      );
      return { ...result, term, met: { before, after } };
    },
  };
}

function pairsOf({ columns, referenced_columns }: SurveyedReference, row: Row, parent: Row) {
  return columns.map((column, n) => [row.value(column), parent.value(referenced_columns[n] ?? '')] as const);
}

function keyChanges({ referenced_columns }: SurveyedReference, before: Row, after: Row | undefined): string {
  return after ? any(...referenced_columns.map((column) => differs(before, after, column))) : TRUE_TERM;
}

/** Term: the columns of the key have what its action gives them; those of a default, and of a trigger, are open. */
function newKey(
  key: ActingKey,
  { before, after }: { readonly before: Row; readonly after: Row },
  parent: Row | undefined,
  environment: Environment,
): string {
  const action = key.event === 'delete' ? key.on_delete : key.on_update;
  const written = key.event === 'delete' && key.set_columns.length > 0 ? key.set_columns : key.columns;
  const terms = key.columns.map((column, n) => {
    const value = after.value(column);
    if (!value || isSetByTrigger(before.relation, 'update', column, environment.catalog)) return TRUE_TERM;
    if (!written.includes(column)) return not(differs(before, after, column));
    if (action === 'set null') return value.isNull;
    const other = action === 'cascade' ? parent?.value(key.referenced_columns[n] ?? '') : undefined;
    return other ? compare('=', value, other, environment).t : TRUE_TERM;
  });
  return all(...terms);
}

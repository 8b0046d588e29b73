import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import { grantedColumns } from '../../audit/anywhere/kept.ts';
import { relationsByName } from '../../audit/anywhere/named-relations.ts';
import type { RowCommand, SurveyedFunction, SurveyedPolicy, SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { namesIn } from '../../postgres/catalog/body-names.ts';

/** A part of a catalog that decides on rows. */
export interface Piece {
  /** Words for it: `policy own_todos of api.todos`. */
  readonly name: string;
  /** All of it that decides: equal texts decide the same. */
  readonly text: string;
  /**
   * How it counts for the command itself: `all` lets every row through, `code` is run when rows are written and may do
   * anything, and `other` is all that the rest is based on.
   */
  readonly effect: 'all' | 'permissive' | 'restrictive' | 'code' | 'other';
  /** The part that a reader wants to see, as SQL. */
  readonly sql?: string | undefined;
}

/** An answer may depend on which roles a role is a member of. */
const ASKS_FOR_RIGHTS = /\b(?:pg_has_role|has_\w+_privilege)\b/i;

/** A body that may change claims or rights, or run SQL that it puts together, may do more than its caller. */
const CHANGES_RIGHTS = /\b(?:set_config|execute|set\s+(?:local|session|role))\b/i;

/**
 * Everything in the catalog that decides which rows a role's command reaches: policies, the functions that they call, and
 * tables and views that these read, with the rights with which they do. What has the same pieces in two databases decides
 * the same in both.
 */
export function rowPieces(
  anywhere: Anywhere,
  { role, relation, command }: { role: string; relation: SurveyedRelation; command: RowCommand },
): readonly Piece[] {
  const pieces = new Pieces(anywhere);
  pieces.addRows(role, relation, command, true);
  return pieces.found;
}

/**
 * The same for what a call does beyond the caller's own rights: functions that run with their owner's rights, and what these
 * reach. The body of a function that keeps to the caller's rights does not count.
 */
export function callPieces(anywhere: Anywhere, role: string, fn: SurveyedFunction): readonly Piece[] {
  const pieces = new Pieces(anywhere);
  pieces.addFunction(role, fn, 'rights');
  return pieces.found;
}

/** The same for what a function returns, and for what it does: the function, and all that it reads and calls. */
export function resultPieces(anywhere: Anywhere, role: string, fn: SurveyedFunction): readonly Piece[] {
  const pieces = new Pieces(anywhere);
  pieces.addFunction(role, fn, 'result');
  return pieces.found;
}

class Pieces {
  readonly found: Piece[] = [];
  private readonly visited = new Set<string>();
  private isCode = false;

  private readonly anywhere: Anywhere;

  constructor(anywhere: Anywhere) {
    this.anywhere = anywhere;
  }

  addRows(role: string, relation: SurveyedRelation, command: RowCommand, own = false): void {
    if (!this.isNew(['rows', role, command, relation.id])) return;
    if (relation.kind === 'v') this.addView(role, relation, command, own);
    else this.addTable(role, relation, command, own);
    if (command === 'select') return;
    for (const { name, function: fn } of relation.triggers.filter(
      ({ on, enabled }) => enabled && on.includes(command),
    )) {
      this.add({ name: `trigger ${name} of ${nameOf(relation)}`, text: fn?.signature ?? '', effect: 'code' });
      // It may change the row.
      if (fn) this.asCode(() => this.addFunction(role, fn, 'result'));
    }
    for (const rule of relation.rules.filter((one) => one.command === command)) {
      this.add({ name: `rule ${rule.name} of ${nameOf(relation)}`, text: rule.definition, effect: 'code' });
    }
  }

  private addTable(role: string, table: SurveyedRelation, command: RowCommand, own: boolean): void {
    const { reach } = this.anywhere;
    const name = nameOf(table);
    if (table.kind !== 'r' && table.kind !== 'p') {
      this.add({ name, text: `${table.kind} ${table.definition ?? ''}`, effect: 'other' });
      return;
    }
    if (reach.isUnbound(role, table)) {
      const text = `every row for ${command}`;
      this.add({ name: `row security of ${name} for ${role}`, text, effect: own ? 'all' : 'other' });
      return;
    }
    for (const policy of reach.policies(role, table, command)) this.addPolicy(role, policy, command, own);
  }

  private addPolicy(role: string, policy: SurveyedPolicy, command: RowCommand, own: boolean): void {
    const { conditions } = this.anywhere;
    const { relation, permissive } = policy;
    const using = command === 'insert' ? undefined : conditions.using(policy);
    const check = command === 'insert' || command === 'update' ? conditions.check(policy) : undefined;
    const columns = new Set([...(using?.columns ?? []), ...(check?.columns ?? [])]);
    const types = relation.columns
      .filter((column) => columns.has(column.name))
      .map((column) => [column.name, column.type]);
    const name = `policy ${policy.name} of ${nameOf(relation)}`;
    const sql = [
      ...(using ? [`USING (${using.text})`] : []),
      ...(check && check.text !== using?.text ? [`WITH CHECK (${check.text})`] : []),
    ].join(' ');
    const effect = permissive ? 'permissive' : 'restrictive';
    const text = JSON.stringify([nameOf(relation), effect, command, using?.text, check?.text, types]);
    this.add({ name, text, effect: own ? effect : 'other', sql });
    if (ASKS_FOR_RIGHTS.test(sql)) this.addRights(role);
    for (const below of policy.reads) if (below !== relation) this.addLookup(role, below);
    // A policy that reads its own table is one of another command, or fails.
    if (policy.reads.includes(relation)) this.addRows(role, relation, 'select');
    for (const fn of policy.calls) this.addFunction(role, fn, 'result');
  }

  private addView(role: string, view: SurveyedRelation, command: RowCommand, own: boolean): void {
    const { definition, security_invoker, security_barrier, check_option, owner } = view;
    const reader = security_invoker ? role : owner;
    const text = JSON.stringify([definition, security_barrier, check_option, reader]);
    this.add({ name: `view ${nameOf(view)}`, text, effect: 'other', sql: definition ?? undefined });
    // The reader's own access to the tables is graded by itself.
    if (own && security_invoker) return;
    for (const below of view.reads) {
      this.addLookup(reader, below);
      if (command !== 'select') this.addRows(reader, below, command);
    }
    for (const fn of view.calls) this.addFunction(role, fn, 'result');
  }

  /** A relation that something else reads: grants count as well as rows. */
  private addLookup(role: string, relation: SurveyedRelation): void {
    const granted = grantedColumns(this.anywhere, role, relation, 'select');
    const columns = granted === 'all' ? granted : [...granted].sort().join(', ');
    const name = `${nameOf(relation)} as ${role} reads it`;
    this.add({ name, text: `${name}: ${columns}`, effect: 'other' });
    this.addRows(role, relation, 'select');
  }

  /**
   * @param mattersFor `result`: what it returns counts, and so all that it reads. `rights`: what it may do beyond the caller
   */
  addFunction(role: string, fn: SurveyedFunction, mattersFor: 'result' | 'rights'): void {
    const runner = fn.security_definer ? fn.owner : role;
    const matters = fn.security_definer ? 'result' : mattersFor;
    if (fn.extension !== null || !this.isNew(['function', runner, matters, fn.id])) return;
    const { texts } = this.anywhere;
    const { signature, language, volatility, settings, returns, security_definer: definer } = fn;
    const body = texts.bodyOf(fn);
    const isBounded = matters === 'rights' && fn.trusted && !CHANGES_RIGHTS.test(body);
    const rights = definer ? fn.owner : 'caller';
    const text = [signature, rights, settings, ...(isBounded ? [] : [language, volatility, returns, body])];
    this.add({ name: `function ${signature}`, text: JSON.stringify(text), effect: 'other', sql: body });
    if (ASKS_FOR_RIGHTS.test(body)) this.addRights(runner);
    for (const called of texts.calledBy(fn)) this.addFunction(runner, called, matters);
    if (matters === 'rights') return;
    for (const relation of fn.reads) this.addLookup(runner, relation);
    for (const { schema, name, command } of namesIn(body).tables) {
      for (const relation of relationsByName(this.anywhere).get(name) ?? []) {
        if (schema !== undefined && schema !== relation.schema) continue;
        this.addLookup(runner, relation);
        if (isRowCommand(command)) this.addRows(runner, relation, command);
      }
    }
  }

  private addRights(role: string): void {
    const text = [...this.anywhere.reach.identities(role)].sort().join(', ');
    this.add({ name: `memberships of ${role}`, text: `${role}: ${text}`, effect: 'other' });
  }

  private add(piece: Piece): void {
    this.found.push(this.isCode ? { ...piece, effect: 'code' } : piece);
  }

  /** Counts all that is added meanwhile as code: where a trigger fails, so does the request. */
  private asCode(work: () => void): void {
    const outer = this.isCode;
    this.isCode = true;
    work();
    this.isCode = outer;
  }

  private isNew(key: readonly string[]): boolean {
    const text = [...key, ...(this.isCode ? ['code'] : [])].join(' ');
    if (this.visited.has(text)) return false;
    this.visited.add(text);
    return true;
  }
}

function isRowCommand(command: string): command is RowCommand {
  return ['insert', 'update', 'delete'].includes(command);
}

function nameOf({ schema, name }: SurveyedRelation): string {
  return `${schema}.${name}`;
}

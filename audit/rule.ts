import type { FunctionName } from '../compile/same-function.ts';
import type { Declaration } from '../declaration/types.ts';
import type { Catalog } from '../postgres/catalog/catalog.ts';
import type { CatalogScope } from '../postgres/catalog/catalog-scope.ts';
import type { QualifiedName } from '../postgres/qualified-name.ts';
import type { Finding, Level } from './finding.ts';
import type { PendingStatement } from './pending-statement.ts';

/** Consequences of findings: requests reach too much, are slow, or fail. */
export const TOPICS = ['exposure', 'speed', 'failure'] as const;

export type Topic = (typeof TOPICS)[number];

/** A rule of the audit, as its page documents it. */
export interface RuleDescription {
  /** Stable name, also the anchor of the rule in `docs/audit-rules.md`. */
  readonly id: string;
  /** Levels of its findings, the usual one first. */
  readonly levels: readonly [Level, ...Level[]];
  /** Heading of the page below which the rule stands. */
  readonly subject: Subject;
  /** @default 'exposure' */
  readonly topic?: Topic;
  /** Danger of what the rule finds, in one or more sentences. */
  readonly why: string;
  /** Condition of the second level, as the rest of a sentence that begins with the level. */
  readonly otherLevelWhen?: string;
  /** Remedy in one or more sentences. A finding names the SQL of its own object. */
  readonly fix: string;
}

/** Kinds of objects that rules are about, in the order of the page. */
export const SUBJECTS = [
  'tables',
  'views',
  'functions',
  'triggers and rules',
  'grants',
  'the authenticator',
  'roles',
  'tables of the package',
  'the server',
  'the declaration',
] as const;

export type Subject = (typeof SUBJECTS)[number];

/** A finding as its rule reports it. The rule adds its id, and its first level where the finding has none. */
export type Found = Omit<Finding, 'rule' | 'level'> & { readonly level?: Level };

/** Objects and advisories that rules would report, and that are meant. */
export interface Accepted {
  /** Functions that the package itself has made. */
  readonly ownFunctions: readonly FunctionName[];
  /** SECURITY DEFINER functions that requests may call. */
  readonly definerFunctions: readonly FunctionName[];
  /** Tables with policies of their own. */
  readonly tables: readonly QualifiedName[];
  /** Schemas where requests look for types and functions, so that roles need USAGE. */
  readonly searchedSchemas: readonly string[];
  /** Numbers of security advisories. */
  readonly advisories: readonly string[];
}

/** Input of a rule that needs no declaration. */
export interface Audited {
  readonly catalog: Catalog;
  readonly scope: CatalogScope;
  readonly accepted: Accepted;
}

/** Input of a rule that compares a database with its declaration. */
export interface Compared {
  readonly declaration: Declaration;
  readonly catalog: Catalog;
  /** Statements that the database still needs to match the declaration. */
  readonly pending: readonly PendingStatement[];
}

/** A rule for any database. */
export interface CatalogRule extends RuleDescription {
  readonly check: (audited: Audited) => Found[];
}

/** A rule for a database that has a declaration. */
export interface DeclarationRule extends RuleDescription {
  readonly compare: (compared: Compared) => Found[];
}

/** Place of a rule in the documentation. */
export function docsPage({ id }: RuleDescription): string {
  return `docs/audit-rules.md#${id}`;
}

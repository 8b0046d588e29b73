import { desiredAccess } from '../../compile/access.ts';
import type { DesiredPolicy } from '../../compile/desired-access.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Declaration, QualifiedName } from '../../declaration/types.ts';
import type { CatalogPolicy, CatalogRelation } from '../../postgres/catalog/catalog.ts';
import type { CatalogBasics, ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';
import { ownSchemas, ownTables } from '../../compile/catalog-scope.ts';
import type { Step } from './step.ts';
import { fingerprint } from './fingerprint.ts';
import { formerFunctions, ownFunctions } from './own-functions.ts';
import { planGrants } from './plan-grants.ts';
import { isSameFunction } from '../../compile/same-function.ts';
import { missingObjects } from './missing.ts';
import { planDefaults } from './plan-defaults.ts';
import { planRoleSettings } from './plan-role-settings.ts';
import { planTriggers } from './plan-triggers.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import type { StatementNames } from '../../postgres/statement-names.ts';

const statement = statementsOf('apply/statements');

/** Steps to the declared state, and declared objects that do not exist. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly missing: readonly string[];
}

/**
 * Compares a database with a declaration. A database that is as declared gives no steps.
 *
 * The order keeps the database at least as closed as declared after every step: ownership and removals come first, then
 * protection, and grants last. The functions must exist ({@link planFunctions}).
 */
export function plan(declaration: Declaration, catalog: ComparedCatalog): Plan {
  const access = desiredAccess(declaration);
  const grants = planGrants(declaration, access, catalog);
  const policies = planPolicies(access.policies, catalog);
  const triggers = planTriggers(access.triggers, catalog);
  const defaults = planDefaults(declaration, access.defaults, catalog);
  return {
    steps: [
      ...planOwnership(declaration, catalog),
      ...planRoleSettings(declaration, catalog),
      ...grants.revoke,
      ...policies.drop,
      ...triggers.drop,
      // Before the functions go that former defaults call.
      ...defaults.drop,
      ...defaults.set,
      ...formerFunctions(declaration, catalog).map((fn) =>
        step(statement('drop_function', { signature: raw(fn.signature) }), fn),
      ),
      ...planRowSecurity(declaration, catalog),
      ...planOwnTables(declaration, catalog),
      ...planTables(declaration, catalog),
      ...policies.create,
      ...triggers.create,
      ...grants.grant,
    ],
    missing: missingObjects(declaration, catalog),
  };
}

/** Plans the schemas, which must exist before migrations fill them. */
export function planSchemas(declaration: Declaration, catalog: CatalogBasics): Step[] {
  const { owner } = declaration;
  return ownSchemas(declaration).flatMap((schema): Step[] => {
    const existing = catalog.schemas.find(({ name }) => name === schema);
    if (existing?.owner === owner) return [];
    const sql = statement(existing ? 'own_schema' : 'create_schema', { schema, owner });
    return [{ sql, as: 'admin', place: `schema ${schema}` }];
  });
}

/** Plans the table that records migrations; it is in the private schema. */
export function planBookkeeping({ privateSchema }: Declaration, catalog: CatalogBasics): Step[] {
  if (catalog.schemas.some(({ name, bookkeeping }) => name === privateSchema && bookkeeping)) return [];
  const sql = statement('create_bookkeeping', { private: privateSchema });
  return [{ sql, as: 'owner', place: `${privateSchema}.migrations` }];
}

/** Plans changes of owner: objects of another owner would be exempt from FORCE and from least privilege. */
function planOwnership({ owner }: Declaration, catalog: ComparedCatalog): Step[] {
  const foreign = <T extends { owner: string; extension?: boolean | string | null }>(objects: readonly T[]) =>
    objects.filter((object) => object.owner !== owner && !object.extension);
  return [
    ...foreign(catalog.relations)
      // The sequence of a column changes its owner with the table.
      .filter((relation) => relation.sequence_of === null)
      .map((relation) => ownershipStep(statement('own_relation', { ...nameOf(relation), owner }), relation)),
    ...foreign(catalog.functions.filter(({ fixed }) => !fixed)).map((fn) =>
      ownershipStep(statement('own_function', { signature: raw(fn.signature), owner }), fn),
    ),
    ...foreign(catalog.types).map((type) => ownershipStep(statement('own_type', { ...nameOf(type), owner }), type)),
  ];
}

function ownershipStep(sql: string, object: QualifiedName): Step {
  return { sql, as: 'admin', place: `${object.schema}.${object.name}`, purpose: 'protect' };
}

function planRowSecurity({ privateSchema }: Declaration, catalog: ComparedCatalog): Step[] {
  return catalog.relations
    .filter((relation) => relation.schema !== privateSchema && !relation.extension)
    .flatMap((relation) =>
      protections(relation).map((name): Step => ({
        ...step(statement(name, nameOf(relation)), relation),
        purpose: 'protect',
      })),
    );
}

/** Removes row security, triggers and rules from our own tables, so that the owner's functions reach all rows. */
function planOwnTables(declaration: Declaration, catalog: ComparedCatalog): Step[] {
  const { privateSchema } = declaration;
  const own = ownTables(declaration).filter(({ schema }) => schema === privateSchema);
  const isOwn = (schema: string, table: string) => own.some((one) => one.schema === schema && one.name === table);
  return [
    ...catalog.relations
      .filter(({ schema, name, row_security }) => row_security && isOwn(schema, name))
      .map((relation) => step(statement('disable_row_security', nameOf(relation)), relation)),
    ...catalog.triggers
      .filter(({ schema, table }) => isOwn(schema, table))
      .map(({ schema, table, name: trigger }) =>
        step(statement('drop_trigger', { trigger, schema, name: table }), { schema, name: table }),
      ),
    ...catalog.rules
      .filter(({ schema, table }) => isOwn(schema, table))
      .map(({ schema, table, name: rule }) =>
        step(statement('drop_rule', { rule, schema, name: table }), { schema, name: table }),
      ),
  ];
}

function protections(relation: CatalogRelation): StatementNames['apply/statements'][] {
  switch (relation.kind) {
    case 'r':
    case 'p':
      return [
        ...(relation.row_security ? [] : (['enable_row_security'] as const)),
        ...(relation.force_row_security ? [] : (['force_row_security'] as const)),
      ];
    case 'v':
      return relation.security_invoker ? [] : ['use_invoker_rights'];
    case 'm':
    case 'f':
    case 'S':
      return [];
  }
}

/** Plans the package's tables. They follow the revoked default privileges, so that no role has a grant on them. */
function planTables(declaration: Declaration, catalog: ComparedCatalog): Step[] {
  const { privateSchema: schema } = declaration;
  return desiredAccess(declaration)
    .tables.filter(({ name }) => !catalog.relations.some((found) => found.schema === schema && found.name === name))
    .map(({ name, statement: sql }) => step(sql, { schema, name }));
}

function planPolicies(desired: readonly DesiredPolicy[], catalog: ComparedCatalog): { drop: Step[]; create: Step[] } {
  const wanted = new Map(desired.map((policy) => [policyKey(policy.table, policy.name), policy]));
  const current = new Map(catalog.policies.map((policy) => [policyKey(tableOf(policy), policy.name), policy]));
  const differing = new Set(
    catalog.policies.filter((policy) => {
      const want = wanted.get(policyKey(tableOf(policy), policy.name));
      return !want || policy.comment !== fingerprint(want.statement, policy.definition);
    }),
  );
  const tables = new Set(catalog.relations.map(({ schema, name }) => `${schema}.${name}`));
  return {
    drop: [...differing].map((policy) => ({
      ...step(statement('drop_policy', { policy: policy.name, ...tableOf(policy) }), tableOf(policy)),
      purpose: 'revoke',
    })),
    create: desired
      .filter(({ table }) => tables.has(`${table.schema}.${table.name}`))
      .filter((policy) => {
        const existing = current.get(policyKey(policy.table, policy.name));
        return !existing || differing.has(existing);
      })
      .flatMap(({ statement: sql, place, checks }): Step[] => [
        ...checks.map((check): Step => ({ sql: check.statement, as: 'owner', place, embedded: check, trial: true })),
        { sql, as: 'owner', place },
      ]),
  };
}

/** Plans the functions of the private schema, on which policies and grants depend. */
export function planFunctions(declaration: Declaration, catalog: ComparedCatalog): Step[] {
  return desiredAccess(declaration)
    .functions.filter((fn) => {
      const existing = ownFunctions(declaration, catalog).find((candidate) => isSameFunction(fn, candidate));
      return !existing || existing.comment !== fingerprint(fn.statement, existing.definition);
    })
    .map((fn): Step => ({
      sql: fn.statement,
      as: 'owner',
      place: fn.place ?? `${declaration.privateSchema}.${fn.name}`,
    }));
}

/** Plans everything that the database still needs to match the declaration. */
export function pendingSteps(declaration: Declaration, catalog: ComparedCatalog): Step[] {
  return [...planFunctions(declaration, catalog), ...plan(declaration, catalog).steps];
}

/** Records the fingerprints of new functions. Read `catalog` after they were created. */
export function planFunctionFingerprints(
  declaration: Declaration,
  catalog: Pick<ComparedCatalog, 'functions'>,
): Step[] {
  const desired = desiredAccess(declaration).functions;
  return ownFunctions(declaration, catalog).flatMap((fn) => {
    const wanted = desired.find((candidate) => isSameFunction(candidate, fn));
    const comment = wanted && fingerprint(wanted.statement, fn.definition);
    if (!comment || comment === fn.comment) return [];
    return [step(statement('fingerprint_function', { signature: raw(fn.signature), fingerprint: comment }), fn)];
  });
}

/** Records the fingerprints of new policies. Read `catalog` after they were created. */
export function planPolicyFingerprints(declaration: Declaration, catalog: Pick<ComparedCatalog, 'policies'>): Step[] {
  const desired = new Map(
    desiredAccess(declaration).policies.map((policy) => [policyKey(policy.table, policy.name), policy.statement]),
  );
  return catalog.policies.flatMap((policy) => {
    const table = tableOf(policy);
    const wanted = desired.get(policyKey(table, policy.name));
    const comment = wanted && fingerprint(wanted, policy.definition);
    if (!comment || comment === policy.comment) return [];
    return [step(statement('fingerprint_policy', { policy: policy.name, ...table, fingerprint: comment }), table)];
  });
}

/** Removes FORCE for a migration that changes data: FORCE binds the owner as well, who would silently see no row. */
export function planNoForce(tables: readonly QualifiedName[]): Step[] {
  return tables.map((table) => step(statement('no_force_row_security', nameOf(table)), table));
}

/** Sets FORCE again after such a migration. */
export function planForce(tables: readonly QualifiedName[]): Step[] {
  return tables.map((table) => step(statement('force_row_security', nameOf(table)), table));
}

function step(sql: string, object: QualifiedName): Step {
  return { sql, as: 'owner', place: `${object.schema}.${object.name}` };
}

function tableOf({ schema, table }: CatalogPolicy): QualifiedName {
  return { schema, name: table };
}

function nameOf({ schema, name }: QualifiedName): { schema: string; name: string } {
  return { schema, name };
}

function policyKey({ schema, name }: QualifiedName, policy: string): string {
  return [schema, name, policy].map(quoteIdentifier).join('.');
}

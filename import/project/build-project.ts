import { extraSearchPath } from '../../compile/server/settings.ts';
import type { DeclarationInput, FunctionInput, TableInput, ViewInput } from '../../declaration/types.ts';
import type { FoundObjects, FoundOutline, FoundRelation } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import type { Choices } from './choices.ts';
import { importFunctions } from './functions.ts';
import { extentsOf, grantInputs, type Extents } from './grants.ts';
import { inheritanceOf, type Inheritance } from './inheritance.ts';
import { tablePolicies, type RecognisedPolicy } from './policies.ts';
import { boundDefiners, ownerPolicies, ownerRows, type OwnerRows } from './owner-rows.ts';
import { importRoles } from './roles.ts';
import { withAllRowsRoles } from './all-rows-roles.ts';
import { databaseSettings, importServer } from './server.ts';
import { viewExtents } from './view-extents.ts';
import { shownName, writtenName } from './written-name.ts';

/** The declaration of an imported schema, without its migrations. */
export interface ImportedDeclaration {
  readonly input: DeclarationInput;
  /** Statements that make the schema fit for a deploy. */
  readonly repairs: readonly string[];
  readonly notes: readonly Note[];
}

/** Parts of the declaration of an imported schema. */
export interface ImportedParts {
  readonly outline: FoundOutline;
  readonly choices: Choices;
  readonly objects: FoundObjects;
  /** Policies of each table, by its full name. */
  readonly policies: ReadonlyMap<string, readonly RecognisedPolicy[]>;
}

export function buildDeclaration({ outline, choices, objects, policies }: ImportedParts): ImportedDeclaration {
  const { exposed, internal, anonymous, users } = choices;
  const inheritance = inheritanceOf(outline.roles, users, anonymous);
  const tables = objects.relations.filter(({ kind }) => kind === 'r' || kind === 'p');
  const views = objects.relations.filter(({ kind }) => kind === 'v');
  const imported = importRoles(outline.roles, choices, inheritance);
  const { server, notes: serverNotes } = importServer(choices.authenticator);
  const functions = importFunctions(objects.functions, objects.triggers, {
    exposed,
    searched: [...exposed, ...internal, ...extraSearchPath({ server: { settings: server?.settings ?? {} } })],
    inheritance,
  });
  const rows = ownerRows(objects, functions.definers);
  const importedTables = tables
    .filter((table) => isWorthNaming(table, exposed, rows))
    .map((table) => importTable(table, { policies, rows, choices, inheritance }));
  const { extents, notes: viewNotes } = viewExtents(
    objects.relations,
    new Map(importedTables.map(({ name, extents }) => [name, extents])),
    inheritance,
  );
  const importedViews = views.flatMap((view) => importView(view, choices, extents.get(shownName(view))!));
  const { input, notes } = withAllRowsRoles({
    name: choices.name,
    schemas: exposed,
    ...(internal.length > 0 && { internalSchemas: internal }),
    roles: imported.roles,
    ...optional(
      'tables',
      importedTables.map(({ input }) => input),
    ),
    ...optional<ViewInput>('views', importedViews),
    ...optional<FunctionInput>('functions', functions.functions),
    ...(server && { server }),
  });
  return {
    input,
    repairs: functions.repairs,
    notes: [
      ...(objects.relations.every(({ access }) => access.length === 0)
        ? [{ reason: 'no_access' as const, object: exposed.join(', ') }]
        : []),
      ...choices.notes,
      ...imported.notes,
      ...notes,
      ...importedTables.flatMap(({ notes }) => notes),
      ...unprotected(objects.relations),
      ...viewNotes,
      ...functions.notes,
      ...boundDefiners(objects, functions.definers),
      ...functions.definers.map(({ signature }) => ({ reason: 'definer_function' as const, object: signature })),
      ...[...rows].map(([object, commands]) => ({
        reason: 'owner_rows' as const,
        object,
        detail: [...commands].join(', '),
      })),
      ...serverNotes,
      ...databaseSettings(outline.databaseSettings),
      ...exposedExtensions(outline, exposed),
      ...defaultPrivileges(outline, [...exposed, ...internal]),
    ],
  };
}

/** A closed table that no request can name goes without saying, unless another one shows its rows. */
function isWorthNaming(table: FoundRelation, exposed: readonly string[], rows: OwnerRows): boolean {
  const { schema, access, is_child } = table;
  return exposed.includes(schema) || access.length > 0 || is_child || rows.has(shownName(table));
}

function optional<Item>(name: string, items: readonly Item[]): Readonly<Record<string, readonly Item[]>> {
  return items.length > 0 ? { [name]: items } : {};
}

function importTable(
  table: FoundRelation,
  {
    policies,
    rows,
    choices: { exposed, name },
    inheritance,
  }: { policies: ImportedParts['policies']; rows: OwnerRows; choices: Choices; inheritance: Inheritance },
): { readonly name: string; readonly input: TableInput; readonly extents: Extents; readonly notes: readonly Note[] } {
  const recognised = policies.get(shownName(table)) ?? [];
  const found = tablePolicies(table, recognised, extentsOf(table, inheritance), {
    inheritance,
    isExposed: exposed.includes(table.schema),
  });
  const grants = grantInputs(found.extents);
  const owner = `${name}_owner`;
  const all = [...found.policies, ...ownerPolicies(table, rows, owner)];
  return {
    name: shownName(table),
    input: {
      name: writtenName(table, exposed),
      ...(grants.length > 0 && { grants }),
      ...(all.length > 0 && { policies: all }),
    },
    extents: found.extents,
    notes: found.notes,
  };
}

function importView(view: FoundRelation, { exposed }: Choices, extents: Extents): ViewInput[] {
  const grants = grantInputs(extents);
  return grants.length > 0 ? [{ name: writtenName(view, exposed), grants }] : [];
}

function unprotected(relations: readonly FoundRelation[]): Note[] {
  return relations
    .filter(({ kind, access }) => (kind === 'm' || kind === 'f') && access.length > 0)
    .map((relation) => ({ reason: 'unprotected_relation', object: shownName(relation) }));
}

function exposedExtensions({ extensions }: FoundOutline, exposed: readonly string[]): Note[] {
  return extensions
    .filter(({ schema }) => exposed.includes(schema))
    .map(({ name }) => ({ reason: 'exposed_extension', object: name }));
}

function defaultPrivileges({ defaultPrivileges: found }: FoundOutline, managed: readonly string[]): Note[] {
  return found
    .filter(({ schema }) => schema === '-' || managed.includes(schema))
    .map(({ role, schema }) => ({
      reason: 'default_privileges',
      object: schema === '-' ? `role ${role}` : `role ${role} in schema ${schema}`,
    }));
}

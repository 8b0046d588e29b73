import { z } from 'zod';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { namedRelation } from '../../../audit/anywhere/named-relations.ts';
import { COMMANDS } from '../../../audit/anywhere/survey.ts';
import { describeIssue } from '../../../declaration/describe-issue.ts';
import { didYouMean } from '../../../errors/did-you-mean.ts';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import type { Property } from '../property.ts';
import { claimCalls } from './claim-sql.ts';

const command = z.enum(COMMANDS);
const names = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);

const property = z.strictObject({
  name: z.string().min(1),
  words: z.string().min(1).optional(),
  roles: names,
  table: z.string().min(1),
  commands: z.union([command, z.array(command).min(1)]).optional(),
  columns: z.array(z.string().min(1)).min(1).optional(),
  only: z.string().min(1),
});

const FIELDS = ['name', 'roles', 'table', 'commands', 'only'];

/** A property as a file has it: `table` is `schema.table`, or a table of the first exposed schema. */
export type PropertyInput = z.infer<typeof property>;

/**
 * Checks properties of a file, and fills in their defaults: all commands, and words made of the rest.
 *
 * @param value default export of a module, or content of a JSON file: a list of {@link PropertyInput}
 * @param file path for errors
 * @throws SecuredPostgrestError `invalid_property`, `unknown_role`, `missing_object`
 */
export async function readProperties(value: unknown, file: string, audited: Anywhere): Promise<readonly Property[]> {
  if (!Array.isArray(value)) {
    const fix = 'write a list of properties: [{ name, roles, table, commands, only }]';
    refuse('invalid_property', file, `it has ${kindOf(value)}, and not a list`, fix);
  }
  const properties: Property[] = [];
  for (const [index, entry] of value.entries()) {
    const place = `${file}: [${index}]`;
    const parsed = property.safeParse(entry);
    if (!parsed.success) {
      const { path, problem } = describeIssue(parsed.error, property, entry);
      const at = [place, ...path.map(String)].join('.');
      refuse('invalid_property', at, problem, `write { ${FIELDS.join(', ')} }`);
    }
    properties.push(await resolve(parsed.data, place, audited));
  }
  return properties;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

async function resolve(input: PropertyInput, place: string, audited: Anywhere): Promise<Property> {
  const relation = tableOf(input.table, `${place}.table`, audited);
  const roles = typeof input.roles === 'string' ? [input.roles] : input.roles;
  for (const role of roles) checkRole(role, `${place}.roles`, audited);
  const known = namedRelation(audited, relation)!.columns.map(({ name }) => name);
  for (const column of input.columns ?? []) {
    if (known.includes(column)) continue;
    refuse(
      'missing_object',
      `${place}.columns`,
      `${relation.schema}.${relation.name} has no column "${column}"${didYouMean(column, known)}`,
      `use one of ${known.join(', ')}`,
    );
  }
  await claimCalls(input.only, `${place}.only`);
  const commands = input.commands === undefined ? COMMANDS : [input.commands].flat();
  return {
    name: input.name,
    words: input.words ?? `${roles.join(', ')}: ${commands.join(', ')} on ${relation.name} only where ${input.only}`,
    roles,
    relation,
    commands,
    ...(input.columns && { columns: input.columns }),
    only: input.only,
  };
}

function checkRole(role: string, place: string, { scope }: Anywhere): void {
  if (scope.roles.includes(role)) return;
  refuse(
    'unknown_role',
    place,
    `"${role}" is no role of requests${didYouMean(role, scope.roles)}`,
    `use one of ${scope.roles.join(', ')}`,
  );
}

function tableOf(text: string, place: string, audited: Anywhere): Property['relation'] {
  const parts = text.split('.');
  const [schema, name] = parts.length === 1 ? [audited.scope.schemas[0]!, text] : [parts[0]!, parts.slice(1).join('.')];
  const relation = namedRelation(audited, { schema, name });
  if (relation && ['r', 'p'].includes(relation.kind)) return { schema, name };
  const tables = audited.survey.relations.filter((one) => one.schema === schema && ['r', 'p'].includes(one.kind));
  refuse(
    'missing_object',
    place,
    relation
      ? `"${text}" is no table`
      : `"${text}" does not exist${didYouMean(
          name,
          tables.map((one) => one.name),
        )}`,
    'name a table as schema.table, or one of the first exposed schema',
  );
}

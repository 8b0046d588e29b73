import { conditionsOf } from '../../../compile/condition.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import type { Command, Declaration, PolicyInput, Table } from '../../../declaration/types.ts';
import type { Property } from '../property.ts';
import { anyOf } from './claim-sql.ts';
import { bindingPolicies } from './declared-policies.ts';

/** Kinds whose condition needs a claim: without a token they let no row through. */
const OF_CLAIMS: readonly PolicyInput['kind'][] = ['own-rows', 'tenant', 'claim-list', 'membership'];

/** Properties of requests without a token: they read the rows that are declared public, and write those that are declared so. */
export function anonymousProperties(declaration: Declaration, table: Table): Property[] {
  const { anonymous } = declaration;
  if (!anonymous) return [];
  const relation = { schema: table.schema, name: table.name };
  const role = anonymous.name;
  const common = { roles: [role], relation, withoutToken: true };
  const reads = publicRows(declaration, table, role, 'select');
  const writes = COMMANDS.filter((command) => command !== 'select').map(
    (command) => [command, publicRows(declaration, table, role, command)] as const,
  );
  const closed = writes.filter(([, only]) => only === 'false').map(([command]) => command);
  return [
    {
      name: 'anonymous-reads-only',
      words: `${role} reads ${reads === 'false' ? 'no row' : 'only public rows'} of ${table.name}`,
      ...common,
      commands: ['select'],
      only: reads,
    },
    ...(closed.length > 0
      ? [
          {
            name: 'anonymous-writes-nothing',
            words: `${role} writes no row of ${table.name}`,
            ...common,
            commands: closed,
            only: 'false',
          },
        ]
      : []),
    ...writes
      .filter(([, only]) => only !== 'false')
      .map(([command, only]) => ({
        name: 'anonymous-writes-only',
        words: `${role} does ${command} on ${table.name} only with declared rows`,
        ...common,
        commands: [command],
        only,
      })),
  ];
}

/** Rows that are declared for a role without claims, as SQL. */
function publicRows(declaration: Declaration, table: Table, role: string, command: Command): string {
  const binding = bindingPolicies(declaration, table, role, command);
  const condition = ({ input }: (typeof binding)[number]) => {
    const { using, check } = conditionsOf(input, declaration);
    return (command === 'insert' ? check : using).sql;
  };
  const open = binding
    .filter(({ restrictive, input }) => !restrictive && !OF_CLAIMS.includes(input.kind))
    .map(condition);
  if (open.length === 0) return 'false';
  if (binding.some(({ restrictive, input }) => restrictive && OF_CLAIMS.includes(input.kind))) return 'false';
  const limits = binding.filter(({ restrictive }) => restrictive).map(condition);
  return limits.length === 0 ? anyOf(open) : [anyOf(open), ...limits].map((sql) => `(${sql})`).join(' AND ');
}

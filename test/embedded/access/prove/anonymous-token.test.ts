import { afterAll, beforeAll, expect, it } from 'vitest';
import { prove } from '../../../../access/prove/prove.ts';
import { startSolver, type Solver } from '../../../../access/prove/solver.ts';
import todos from '../../../../examples/todos/declaration.ts';
import { useMutatedExample } from '../../../support/prove/mutated-example.ts';

const mutated = useMutatedExample(todos);
let solver: Solver;
beforeAll(async () => {
  solver = await startSolver();
});
afterAll(() => solver[Symbol.asyncDispose]());

const MUTATION = `CREATE POLICY hidden ON api.todos FOR SELECT TO todos_anon USING (todos_private.claim('guest') = 'yes')`;

it('finds a leak for a token that names the role of requests without one, where the statement is not about these alone', async () => {
  const guests = {
    name: 'guests',
    words: 'todos_anon reads public rows alone',
    roles: ['todos_anon'],
    relation: { schema: 'api', name: 'todos' },
    commands: ['select'] as const,
    only: 'public',
  };
  const { judgements } = await mutated(MUTATION, ({ client, audited }) =>
    prove({ client, audited, declaration: todos, properties: [guests], solver }),
  );
  const statusOf = (name: string) => judgements.find(({ property }) => property.name === name)?.verdict;
  expect(statusOf('guests')).toMatchObject({ status: 'leak', counterexample: { claims: { guest: 'yes' } } });
  expect(statusOf('anonymous-reads-only')).toEqual({ status: 'proven' });
});

import { describe, expect } from 'vitest';
import declaration from '../../../../examples/todos/declaration.ts';
import { apiTest } from '../../../../testing/vitest/index.ts';
import { sqlFile } from '../../../../declaration/index.ts';

const test = apiTest(declaration, { seed: [sqlFile('examples/todos/seed.sql')], share: 'file' });
const title = { title: 'x' };

/** What an expectation fails with. */
const failure = (expectation: Promise<void>): Promise<string> =>
  expectation.then(
    () => 'nothing',
    (error: Error) => error.message,
  );

describe('matchers of access', () => {
  test('tell what somebody may', async ({ api }) => {
    const [ann, bob, nobody] = await Promise.all([
      api.as('todos_user', { user_id: 1 }),
      api.as('todos_user', { user_id: 2 }),
      api.as(),
    ]);
    const before = await api.sql('SELECT * FROM api.todos ORDER BY id');
    const [own] = await api.sql<{ id: number }>('SELECT id FROM api.todos WHERE user_id = 1 AND NOT public');
    const where = { id: own!.id };

    await expect(ann).mayRead('todos', where);
    await expect(bob).not.mayRead('todos', where);
    await expect(nobody).not.mayRead('todos', where);
    await expect(nobody).mayRead('api.todos');

    await expect(ann).mayInsert('todos', title);
    await expect(nobody).not.mayInsert('todos', title);
    // The policy lets it pass; a constraint does not, and is asked later.
    await expect(ann).mayInsert('todos', { title: '' });
    await expect(ann).not.mayInsert('todos', { title: 'x', user_id: 2 });

    await expect(ann).mayUpdate('todos', { done: true, public: false }, where);
    await expect(bob).not.mayUpdate('todos', { done: true }, where);
    await expect(ann).not.mayUpdate('todos', { user_id: 2 }, where);

    await expect(ann).mayDelete('todos', where);
    await expect(bob).not.mayDelete('todos', where);
    await expect(bob).mayDelete('todos');
    await expect(nobody).not.mayDelete('todos');

    expect(await api.sql('SELECT * FROM api.todos ORDER BY id')).toEqual(before);
  });

  test('tell which rows somebody sees, in any order', async ({ api }) => {
    const ann = await api.as('todos_user', { user_id: 1 });
    const rows = await api.sql<{ title: string; done: boolean }>(
      'SELECT done, title FROM api.todos WHERE user_id = 1 OR public ORDER BY id DESC',
    );
    await expect(ann).toSeeRows('/todos?select=title,done', rows);
    await expect(ann).not.toSeeRows('/todos?select=title,done', rows.slice(1));
    await expect(ann).not.toSeeRows('/todos?select=title,done', [...rows, rows[0]]);
    await expect(ann).not.toSeeRows('/todos?select=title,done&limit=0', rows);
    await expect(expect(ann).toSeeRows('todos?select=title', [])).rejects.toThrow(
      'path: "todos?select=title" does not begin with /; write /todos?select=title [invalid_prop]',
    );
    // Else the token would be sent to a host of this name.
    await expect(ann.fetch('@localhost/todos')).rejects.toMatchObject({ code: 'invalid_prop' });
  });

  test('tell how somebody is rejected', async ({ api }) => {
    const nobody = await api.as();
    await expect(nobody.fetch('/todos?select=user_id')).toBeRejectedWith('42501');
    await expect(nobody.fetch('/todos?select=user_id')).toBeRejectedWith(401);
    await expect(nobody.fetch('/todos?select=user_id')).not.toBeRejectedWith('PGRST301');
    await expect(nobody.fetch('/todos?select=id')).not.toBeRejectedWith(200);
    await expect(nobody.rest.from('todos').select('user_id')).toBeRejectedWith('42501');
    await expect(nobody.rest.from('todos').select('id')).not.toBeRejectedWith('42501');
    const undeclared = await api.as('postgres');
    await expect(undeclared.fetch('/todos')).toBeRejectedWith('42501');
    await expect(undeclared).not.mayRead('todos');
  });

  test('do not take a mistyped role for one without access', async ({ api }) => {
    await expect(api.as('todos_usr', { user_id: 1 })).rejects.toMatchObject({
      code: 'unknown_role',
      message:
        'as: there is no role "todos_usr" (did you mean "todos_user"?); name one of todos_anon, todos_user [unknown_role]',
    });
    await expect(api.as('missing')).rejects.toThrow('as: there is no role "missing"; name one of');
    await api.sql('CREATE ROLE todos_gone');
    const gone = await api.as('todos_gone');
    await api.sql('DROP ROLE todos_gone');
    expect(await failure(expect(gone).not.mayRead('todos'))).toContain(
      'could not be tried: role "todos_gone" does not',
    );
  });

  test('say who, what and why when they fail', async ({ api }) => {
    const ann = await api.as('todos_user', { user_id: 1 });
    const nobody = await api.as();
    expect(await failure(expect(ann).not.mayDelete('todos'))).toMatch(
      /^todos_user \{"user_id":1\}: delete on todos reaches \d rows$/,
    );
    expect(await failure(expect(nobody).mayDelete('todos'))).toBe(
      'todos_anon {}: delete on todos is refused: permission denied for table todos (42501)',
    );
    expect(await failure(expect(nobody).toSeeRows('/todos?select=id', []))).toBe(
      'GET /todos?select=id as todos_anon was answered 200',
    );
    expect(await failure(expect(nobody.fetch('/todos?select=id')).toBeRejectedWith('42501'))).toMatch(
      /^the answer was 200 \[/,
    );
  });

  test('do not take another failure for a refusal', async ({ api }) => {
    const ann = await api.as('todos_user', { user_id: 1 });
    await expect(failure(expect(ann).not.mayRead('todos', { missing: 1 }))).resolves.toContain('could not be tried');
    await expect(failure(expect(ann).not.mayRead('missing'))).resolves.toContain('could not be tried');
    await expect(failure(expect(ann).not.mayInsert('todos', { done: 'perhaps' }))).resolves.toContain('22P02');
    await expect(failure(expect({} as typeof ann).not.mayRead('todos'))).resolves.toContain('no client');
    await expect(failure(expect(api.as() as never).not.mayRead('todos'))).resolves.toContain(
      'this is the promise of a client; write `expect(await api.as(...))`',
    );
    for (const path of ['/missing?select=title', '/todos?select=titel', '/todos?titel=eq.x', '/todos?title=x'])
      for (const expectation of [expect(ann), expect(ann).not])
        await expect(failure(expectation.toSeeRows(path, []))).resolves.toMatch(
          /^GET .* as todos_user could not be tried: 40[04] \{/,
        );
    const nobody = await api.as();
    await expect(nobody).not.toSeeRows('/todos?select=user_id', []);
  });
});

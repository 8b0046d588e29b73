import { describe, expect, it } from 'vitest';
import { allRows, declare } from '../../../declaration/index.ts';
import type { GrantInput } from '../../../declaration/types.ts';
import { bearer, curlLine } from '../../../explorer/curl-line.ts';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';

const url = 'http://127.0.0.1:3000';

function curl(table: string, grant: Omit<GrantInput, 'to'>, token?: string) {
  const declaration = declare({
    name: 'notes',
    schemas: ['api', 'reports'],
    internalSchemas: ['internal'],
    roles: { users: ['notes_user'] },
    tables: [{ name: table, grants: [{ to: 'notes_user', ...grant }], policies: [allRows({ to: 'notes_user' })] }],
  });
  return curlLine(url, declaration, 'notes_user', token && bearer(token));
}

describe('a curl line', () => {
  it('reads the first table that the role may read, with its token', () => {
    expect(curl('notes', { select: true }, 'eyJ')).toBe(`curl ${url}/notes -H 'Authorization: Bearer eyJ'`);
  });

  it('takes the header from a file', () => {
    expect(curlLine(url, todos, 'todos_user', '@/run/my tokens/user')).toBe(
      `curl ${url}/todos -H '@/run/my tokens/user'`,
    );
  });

  it('asks for the columns that the role may read', () => {
    expect(curlLine(url, todos, 'todos_anon')).toBe(`curl '${url}/todos?select=id,title,done'`);
    expect(curl('notes', { select: ['id', 'a "b", c'] })).toBe(
      String.raw`curl '${url}/notes?select=id,%22a%20%5C%22b%5C%22,%20c%22'`,
    );
  });

  it('reads what is granted to a role that is inherited from', () => {
    expect(curlLine(url, projects, 'projects_manager')).toBe(`curl '${url}/plans?select=id,name,monthly_price'`);
  });

  it('names a schema that is not the first', () => {
    expect(curl('reports.notes', { select: true })).toBe(`curl ${url}/notes -H 'Accept-Profile: reports'`);
  });

  it('asks for the description where no table can be read', () => {
    expect(curl('notes', { insert: true })).toBe(`curl ${url}/`);
    expect(curl('internal.notes', { select: true })).toBe(`curl ${url}/`);
  });

  it('is safe in a shell, whatever a table is called', () => {
    expect(curl(`it's "$(id)"`, { select: true })).toBe(`curl '${url}/it'\\''s%20%22%24(id)%22'`);
  });
});

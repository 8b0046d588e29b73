import declaration from '../../../examples/todos/declaration.ts';
import { ann, todosCases, todosMatrix } from '../../support/access/todos.ts';
import { version } from '../../support/embedded-postgrest.ts';
import { testExample } from './test-example.ts';

testExample(declaration, {
  cases: todosCases,
  matrix: todosMatrix,
  target: { as: ann, path: '/todos?select=title' },
  version,
});

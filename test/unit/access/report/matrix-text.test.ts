import { expect, it } from 'vitest';
import { matrixText } from '../../../../access/report/matrix-text.ts';
import { hostileMatrix, smallMatrix } from './small-matrix.ts';

it('shows who reaches what', () => {
  expect(matrixText(smallMatrix)).toMatchInlineSnapshot(`
    "api.todos (3 rows)
                 select    insert  update  delete
      anonymous  1 of 3    –       –       all 3 !
      ann        2 of 3    all 3   0       –

    api.logs (0 rows)
                 select    insert  update  delete
      anonymous  –         –       –       –
      ann        0         new     –       –

    api.events (the first 1000 rows)
                 select    insert  update  delete
      anonymous  –         –       –       –
      ann        all 1000  –       –       –

    select, update, delete: rows that are reached; insert: rows of which a copy may be added
    –  refused
    !  works, and is not declared"
  `);
});

it('shows the same in colour, the undeclared red', () => {
  const text = matrixText(smallMatrix, { color: true });
  expect(text).toContain('\x1b[31mall 3 !\x1b[0m');
  expect(text).toContain('\x1b[1mapi.todos\x1b[0m \x1b[2m(3 rows)\x1b[0m');
  // eslint-disable-next-line no-control-regex
  expect(text.replace(/\x1b\[\d+m/g, '')).toBe(matrixText(smallMatrix));
});

it('lets no name write to the terminal but letters', () => {
  // eslint-disable-next-line no-control-regex
  expect(matrixText(hostileMatrix)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  expect(matrixText(hostileMatrix).split('\n')).toHaveLength(7);
});

it('shows a matrix without anything', () => {
  expect(matrixText({ name: 'empty', subjects: [], relations: [] })).toMatch(/^select, update/);
});

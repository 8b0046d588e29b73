import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import projects from '../../../examples/projects/declaration.ts';
import todos from '../../../examples/todos/declaration.ts';
import { baseDirectory } from '../../../testing/servers/base-directory.ts';
import { matrixHtml, matrixText } from '../../../testing/index.ts';
import { describeAccess } from '../../../testing/vitest/index.ts';
import { sqlFile } from '../../../declaration/index.ts';
import { subjects } from '../../support/access/projects-subjects.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(baseDirectory(), 'matrix-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

describeAccess(todos, { seed: [sqlFile('examples/todos/seed.sql')] });
describeAccess(projects, {
  seed: [sqlFile('examples/projects/seed.sql')],
  subjects,
  onMatrix(matrix) {
    writeFileSync(join(directory, 'access.html'), matrixHtml(matrix));
    expect(matrixText(matrix)).toContain('api.tasks (5 rows)');
  },
});

import { describe } from 'vitest';
import declaration from '../../../examples/projects/declaration.ts';
import { apiTest } from '../../../testing/vitest/index.ts';
import { sqlFile } from '../../../declaration/index.ts';
import { checkAccess } from '../../support/access/access-case.ts';
import { projectsCases } from '../../support/access/projects-cases.ts';
import { projectsMatrix } from '../../support/access/projects-matrix.ts';
import { checkMatrixEntry, matrixEntries } from '../../support/access/row-matrix.ts';

const test = apiTest(declaration, { seed: [sqlFile('examples/projects/seed.sql')] });

const { subjects, tables } = projectsMatrix;

// An environment for each of more than a hundred tests, several at a time.
describe.concurrent('the multi-tenant example, in environments of their own:', () => {
  for (const accessCase of projectsCases) test(accessCase.name, ({ api }) => checkAccess(api, accessCase));
  for (const [name, subject] of Object.entries(subjects)) {
    const alone = { ...projectsMatrix, subjects: { [name]: subject } };
    for (const table of Object.keys(tables)) {
      test(`${name} on ${table}`, async ({ api }) => {
        for (const entry of matrixEntries(alone)) if (entry.table === table) await checkMatrixEntry(api, alone, entry);
      });
    }
  }
});

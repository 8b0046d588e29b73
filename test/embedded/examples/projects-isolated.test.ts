import { describe } from 'vitest';
import declaration from '../../../examples/projects/declaration.ts';
import { apiTest } from '../../../ephemeral/vitest/index.ts';
import { sqlFile } from '../../../index.ts';
import { checkAccess } from '../../support/access/access-case.ts';
import { projectsCases } from '../../support/access/projects-cases.ts';
import { projectsMatrix } from '../../support/access/projects-matrix.ts';
import { checkMatrixEntry, matrixEntries } from '../../support/access/row-matrix.ts';

const test = apiTest(declaration, { seed: [sqlFile('examples/projects/seed.sql')] });

// An environment for each of more than a hundred tests, several at a time.
describe.concurrent('the multi-tenant example, in environments of their own:', () => {
  for (const accessCase of projectsCases) test(accessCase.name, ({ api }) => checkAccess(api, accessCase));
  for (const entry of matrixEntries(projectsMatrix)) {
    test(`${entry.command} on ${entry.table}`, ({ api }) => checkMatrixEntry(api, projectsMatrix, entry));
  }
});

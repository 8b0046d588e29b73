import type { Subjects } from '../../access/subjects.ts';
import { printCode } from './print-code.ts';

/** The text of `access.test.ts`: a test for each cell of the access matrix, with the rows of the comparison. */
export function accessTestFile(subjects: Subjects, rows: string): string {
  const written = Object.entries(subjects).map(([name, subject]) => [name, subject ?? { code: 'undefined' }]);
  const options = {
    seed: [{ code: `sqlFile(new URL('${rows}', import.meta.url))` }],
    subjects: Object.fromEntries(written) as object,
  };
  return `import { sqlFile } from 'cdktf-secured-postgrest/declaration';
import { describeAccess } from 'cdktf-secured-postgrest/testing/vitest';
import declaration from './declaration.ts';

// The first run writes what is reached as a snapshot. Whatever changes later fails the test of its role, command and table.
describeAccess(declaration, ${printCode(options, 0, 29)});
`;
}

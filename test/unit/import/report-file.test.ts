import { expect, it } from 'vitest';
import { reportFile } from '../../../import/report/report-file.ts';

it('counts the cells that are the same, and those that are not', () => {
  const report = reportFile('shop', 'dump.sql', [], { compared: 9, refused: 2, explained: ['a'], unexplained: ['b'] });
  expect(report).toContain('Of 9 cells\n\n- 5 are the same;\n- 2 reached no row, and are refused now;\n- 1 differ');
});

it('says why the databases were not compared', () => {
  const reason = 'a new database cannot be made: migrations/0001_baseline.sql:3: no';
  const report = reportFile('shop', 'dump.sql', [], { compared: 0, refused: 0, explained: [], unexplained: [reason] });
  expect(report).toContain(`## The databases were not compared\n\n- ${reason}`);
  expect(report).not.toContain('are the same');
});

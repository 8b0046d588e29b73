import { expect, it } from 'vitest';
import { databaseSettings, importServer } from '../../../import/project/server.ts';

it('tells of the limit of rows that a server without one gets', () => {
  expect(importServer(undefined).notes).toEqual([{ reason: 'max_rows', object: 'server.maxRows' }]);
});

it('names each setting of the database, whose value stays there', () => {
  expect(databaseSettings(['app.mode=strict', 'app.jwt_secret=hidden', 'search_path=api'])).toEqual([
    { reason: 'database_setting', object: 'app.mode' },
    { reason: 'secret_setting', object: 'app.jwt_secret' },
  ]);
});

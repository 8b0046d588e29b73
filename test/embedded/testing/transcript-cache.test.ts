import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase } from '../../../apply/index.ts';
import type { Declaration } from '../../../declaration/index.ts';
import type { Transcript } from '../../../testing/cache/transcript-cache.ts';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { connectionOf } from '../../support/connection-of.ts';
import type { Row } from '../../support/database.ts';
import { catalogs } from '../../support/catalogs.ts';
import { notes, notesMigration } from '../../support/notes.ts';
import { useOwnCache } from './own-cache.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const declaration = notes('repeated');
const seed = [{ file: 'seed.sql', sql: `insert into api.notes (user_id, body) values (1, 'seeded')` }];
const cache = useOwnCache(temporaryDirectory);

/** Starts an environment and stops it; tells what it grants to whom, and what user 1 sees. */
async function look(of: Declaration = declaration): Promise<{ catalogs: Row[]; bodies: unknown }> {
  await using api = await startEphemeralPostgrest(of, { seed });
  const user = await api.as(`${of.name}_user`, { user_id: 1 });
  return {
    catalogs: await catalogs({ sql: (text) => api.sql<Row>(text) }),
    bodies: await (await user.fetch('/notes?select=body&order=id')).json(),
  };
}

function transcripts(): string[] {
  return readdirSync(cache()).filter((name) => name.startsWith('transcript-'));
}

/** Puts another transcript beside the kept one, which is damaged, with the name that it would have. */
function replaceTranscript(messages: readonly string[]): void {
  const content = JSON.stringify({ messages, isRepeatable: false } satisfies Transcript);
  const [name] = transcripts();
  const file = `${name!.replace(/-[0-9a-f]+\.json$/, '')}-${crc32(content).toString(16)}.json`;
  writeFileSync(join(cache(), name!), 'damaged');
  writeFileSync(join(cache(), file), content);
}

describe('the transcript of a first start', () => {
  it('brings the next database to the same, and is used', async () => {
    const first = await look();
    const [name] = transcripts();
    const { messages } = JSON.parse(readFileSync(join(cache(), name!), 'utf8')) as Transcript;
    expect(first.bodies).toEqual([{ body: 'mine' }, { body: 'seeded' }]);
    expect(await look()).toEqual(first);

    // Shown to be used by what only it says.
    replaceTranscript([...messages, `UPDATE api.notes SET body = 'repeated'`]);
    expect((await look()).bodies).toEqual([{ body: 'repeated' }, { body: 'seeded' }]);
  });

  it('leaves the next deploy nothing to do', async () => {
    await look();
    await using api = await startEphemeralPostgrest(declaration, { seed });
    const database = connectionOf(api.databaseUrl);
    expect(await auditDatabase(database, declaration)).toEqual([]);
    expect(await applyDeclaration(database, declaration)).toEqual({
      migrations: [],
      changes: 0,
      statements: [],
      removed: [],
      warnings: [],
    });
  });

  it('holds no password, and only its owner can read it', async () => {
    await look();
    const [name] = transcripts();
    expect(readFileSync(join(cache(), name!), 'utf8')).not.toMatch(/SCRAM|PASSWORD/i);
  });

  it('is discarded if its replay fails or its file is damaged', async () => {
    const first = await look();
    replaceTranscript(['CREATE ROLE repeated_user', 'SELECT 1 / 0']);
    expect(await look()).toEqual(first);
    expect(transcripts()).toHaveLength(0);

    await look();
    const [name] = transcripts();
    writeFileSync(join(cache(), name!), '["CREATE ROLE repeated_user"]');
    expect(await look()).toEqual(first);
    writeFileSync(join(cache(), name!), '');
    expect(await look()).toEqual(first);
  });

  it('is of one declaration', async () => {
    await look();
    await look(notes('repeated', { migrations: [notesMigration, { file: 'migrations/002.sql', sql: 'select 2' }] }));
    expect(transcripts()).toHaveLength(2);
  });

  it('goes when nobody has used it for a week', async () => {
    await look();
    const [name] = transcripts();
    const before = new Date(Date.now() - 8 * 86_400_000);
    utimesSync(join(cache(), name!), before, before);
    await look(notes('other'));
    expect(transcripts()).toHaveLength(1);
    expect(transcripts()).not.toContain(name);
  });

  it('has migrations run anew, with the time that it is then', async () => {
    const clock: Declaration = {
      ...declaration,
      migrations: [
        ...declaration.migrations,
        { file: '999_clock.sql', sql: `update api.notes set body = clock_timestamp()::text` },
      ],
    };
    const [first, second] = [await look(clock), await look(clock)];
    expect(second.catalogs).toEqual(first.catalogs);
    expect(second.bodies).not.toEqual(first.bodies);
  });

  it('is not written by a start in which a statement failed', async () => {
    const failing: Declaration = {
      ...declaration,
      migrations: [...declaration.migrations, { file: '999_wrong.sql', sql: 'select 1; select 1 / 0' }],
    };
    await expect(look(failing)).rejects.toMatchObject({ code: 'migration_failed' });
    expect(transcripts()).toHaveLength(0);
  });
});

import { corpus, type Case } from '../../test/support/audit/corpus/index.ts';
import { startBase } from '../../test/support/audit/corpus/start-base.ts';
import type { BaseName } from '../../test/support/audit/corpus/base.ts';
import type { LocalConnection } from '../../testing/servers/postgres-server.ts';
import type { Linter, LinterFinding } from './linter.ts';

/** Cases that are run through the linters at once. */
const WORKERS = 2;

/** What a linter reports of a case and not of its base. */
export type Reported = Readonly<Record<string, readonly LinterFinding[]>>;

/** Runs each linter on each case, in a database of its own; by the id of the case and the name of the linter. */
export async function runLinters(linters: readonly Linter[]): Promise<ReadonlyMap<string, Reported>> {
  const reported = new Map<string, Reported>();
  for (const name of ['postgrest', 'supabase'] as const) {
    await using base = await startBase(name);
    const known = new Map<Linter, ReadonlySet<string>>();
    for (const linter of linters) {
      known.set(linter, new Set((await linter.find(base.connection, name)).map(keyOf)));
    }
    const run = (of: Case) =>
      base.inDatabase(of, async (connection) => {
        const entries: [string, readonly LinterFinding[]][] = [];
        for (const linter of linters) {
          const findings = await findIn(linter, { connection, base: name, of });
          entries.push([linter.name, findings.filter((finding) => !known.get(linter)!.has(keyOf(finding)))]);
        }
        reported.set(of.id, Object.fromEntries(entries));
      });
    await runAll(name, run);
  }
  return reported;
}

/** Cases that change roles of the cluster are run alone, because all databases of the cluster share them. */
async function runAll(name: BaseName, run: (of: Case) => Promise<void>): Promise<void> {
  const cases = corpus.filter(({ base }) => base === name);
  const queue = cases.filter(({ undo }) => undo === undefined);
  const work = async () => {
    for (let of = queue.shift(); of !== undefined; of = queue.shift()) await run(of);
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  for (const of of cases.filter(({ undo }) => undo !== undefined)) await run(of);
}

async function findIn(
  linter: Linter,
  { connection, base, of }: { connection: LocalConnection; base: BaseName; of: Case },
): Promise<readonly LinterFinding[]> {
  try {
    return await linter.find(connection, base);
  } catch (cause) {
    throw new Error(`${linter.name} failed on the case ${of.id}`, { cause });
  }
}

const keyOf = ({ rule, object }: LinterFinding) => `${rule} ${object}`;

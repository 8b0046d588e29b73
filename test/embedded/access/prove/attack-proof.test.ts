import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import type { Property } from '../../../../access/prove/property.ts';
import { addProveCommand } from '../../../../cli/access/prove.ts';
import { teams } from '../../../support/prove/teams.ts';

/** A prover that takes everything for proven. */
vi.mock('../../../../access/prove/judge.ts', () => ({
  judge: (_: unknown, properties: readonly Property[]) =>
    Promise.resolve(
      properties.flatMap((property) =>
        property.roles.flatMap((role) =>
          property.commands.map((command) => ({ property, role, command, verdict: { status: 'proven' } })),
        ),
      ),
    ),
}));

const directory = mkdtempSync(join(tmpdir(), 'attack-proof-'));
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

interface Report {
  readonly totals: Readonly<Record<string, number>>;
  readonly judgements: readonly { readonly table: string; readonly property: string; readonly status: string }[];
  readonly attack: {
    readonly requests: number;
    readonly rows: number;
    readonly contradictions: readonly {
      readonly table: string;
      readonly property: string;
      readonly counterexample: { readonly role: string; readonly rows: readonly unknown[] };
    }[];
  };
}

/** Runs `prove --attack` on a declaration; `error` is what the command fails with. */
async function run(state: 'leaking' | 'mended', seconds: string): Promise<{ report: Report; error: unknown }> {
  const file = join(directory, `${state}.json`);
  writeFileSync(file, JSON.stringify(teams(state)));
  let output = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += String(text);
    return true;
  });
  const program = new Command();
  addProveCommand(program);
  const error: unknown = await program
    .parseAsync(['prove', file, '--attack', seconds, '--format', 'json'], { from: 'user' })
    .then(
      () => undefined,
      (failure: unknown) => failure,
    );
  return { report: JSON.parse(output) as Report, error };
}

it('finds a request that contradicts a wrong proof, and fails', async () => {
  const { report, error } = await run('leaking', '12');
  expect(error).toMatchObject({ code: 'proof_contradicted', place: 'teams_api.files' });
  const [found] = report.attack.contradictions;
  expect(report.attack.contradictions.map(({ table, property }) => ({ table, property }))).toEqual([
    { table: 'files', property: 'tenant-isolation' },
  ]);
  expect(found!.counterexample.role).toBe('teams_member');
  expect(found!.counterexample.rows.length).toBeLessThanOrEqual(2);
  const leaks = report.judgements.filter(({ status }) => status === 'leak');
  expect(leaks.length).toBeGreaterThan(0);
  expect(leaks.every(({ table, property }) => table === 'files' && property === 'tenant-isolation')).toBe(true);
  expect(report.totals).toMatchObject({ leak: leaks.length });
});

it('finds nothing where the proofs are right', async () => {
  const { report, error } = await run('mended', '6');
  expect(error).toBeUndefined();
  expect(report.attack).toMatchObject({ contradictions: [] });
  expect(report.attack.requests).toBeGreaterThan(100);
  expect(report.attack.rows).toBeGreaterThan(20);
  expect(report.totals).toMatchObject({ leak: 0 });
});

it('rejects a database by its URI: random rows need one of their own', async () => {
  const program = new Command();
  addProveCommand(program);
  await expect(
    program.parseAsync(['prove', 'postgresql://admin@db.example.org:5432/app', '--attack', '5'], { from: 'user' }),
  ).rejects.toMatchObject({ code: 'invalid_prop', place: '--attack' });
});

import { describe, expect, it } from 'vitest';
import { applyDeclaration } from '../../../apply/index.ts';
import { refusal, rejection } from '../../support/errors.ts';
import { byDeclaration } from './ways/by-declaration.ts';
import { defaults, functions, rolesAndSettings } from './ways/by-hand-more.ts';
import { outward, privateSchema, tablesAndViews } from './ways/by-hand.ts';
import { byMigration } from './ways/by-migration.ts';
import { waysDeclaration } from './ways/declaration.ts';
import { useWays } from './ways/use-ways.ts';

const { database, access, serves } = useWays();

describe('a declaration', () => {
  it.each(byDeclaration.map((way) => [way.name, way] as const))(
    'with %s is refused, and nothing changes',
    async (_, { input, sql, by, refused: [code, says] }) => {
      const more = sql === undefined ? [] : [{ file: 'migrations/002_way.sql', sql }];
      const make = () => waysDeclaration(more, input);
      const closed = await access();
      const error = by === 'declare' ? refusal(make) : await rejection(applyDeclaration(database(), make()));
      expect(error.code).toBe(code);
      expect(error.message).toContain(says);
      expect(await access()).toEqual(closed);
      await serves();
    },
  );
});

describe('the ways', () => {
  it('that a deploy refuses are at least thirty by hand, by migration and by declaration together, of which all three have some', () => {
    const byHand = [tablesAndViews, privateSchema, outward, functions, defaults, rolesAndSettings].flat();
    const refused = {
      byHand: byHand.filter(({ deploy }) => deploy === 'refuses'),
      byMigration: byMigration.filter((way) => way.refused),
      byDeclaration,
    };
    for (const ways of Object.values(refused)) expect(ways.length).toBeGreaterThanOrEqual(15);
    const names = Object.values(refused).flatMap((ways) => ways.map(({ name }) => name));
    expect(new Set(names).size).toBeGreaterThanOrEqual(30);
  });
});

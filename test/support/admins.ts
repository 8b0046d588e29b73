import { describe, it } from 'vitest';
import { type Admin, ADMINS } from './database.ts';
import { FULL_TESTS } from './fuzz.ts';

/** `it` and `it.each`, as vitest has them. */
type DefinesTests = Pick<typeof it, 'each'> & ((title: string, test: () => Promise<void>) => void);

/**
 * Tests that do not depend on each other, as each of the admins. Without `FULL_TESTS=1`, as one admin each, the next test as
 * the next one.
 */
export function describeAsAdmins(title: string, define: (admin: Admin, it: DefinesTests) => void): void {
  describe.each(ADMINS)(title, (admin) => {
    let count = 0;
    const runs = () => FULL_TESTS || ADMINS[count++ % ADMINS.length] === admin;
    const one = (name: string, test: () => Promise<void>) => {
      if (runs()) it(name, test);
    };
    const each = ((cases: unknown[]) => it.each(cases.filter(runs))) as typeof it.each;
    define(admin, Object.assign(one, { each }));
  });
}

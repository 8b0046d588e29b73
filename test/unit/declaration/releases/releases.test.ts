import { describe, expect, it } from 'vitest';
import { declare } from '../../../../declaration/index.ts';
import { type Product, RELEASE_TABLE } from '../../../../declaration/releases/release-table.ts';
import {
  advisoriesOf,
  checkAccepted,
  newestVersion,
  oldestMajor,
  refuseOpenToAnyone,
  releaseFindings,
  tableAgeDays,
} from '../../../../declaration/releases/releases.ts';
import { refusal } from '../../../support/errors.ts';

const products = Object.keys(RELEASE_TABLE.products) as Product[];
const numbers = (version: string) => version.split('.').map(Number);
const isDate = (text: string) => !Number.isNaN(Date.parse(text)) && /^\d{4}-\d\d-\d\d$/.test(text);

/** Orders whole versions of one product. */
function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)];
  const index = left.findIndex((number, n) => number !== right[n]);
  return index === -1 ? 0 : left[index]! - right[index]!;
}

describe.each(products)('the table of %s', (product) => {
  const { majors, releases, sources } = RELEASE_TABLE.products[product];

  it('has dates, the latest release first and none after the day it was made', () => {
    expect(isDate(RELEASE_TABLE.asOf)).toBe(true);
    expect(sources.every((url) => URL.canParse(url))).toBe(true);
    const dates = releases.map(({ date }) => date);
    expect(dates.every((date) => isDate(date) && date <= RELEASE_TABLE.asOf)).toBe(true);
    expect(dates).toEqual([...dates].sort().reverse());
    for (const { endOfLife } of Object.values(majors)) expect(endOfLife === undefined || isDate(endOfLife)).toBe(true);
  });

  it('has one version a release for a major version that it knows, not after the newest', () => {
    for (const { versions } of releases) {
      const of = versions.map((version) => numbers(version)[0]!);
      expect(new Set(of).size).toBe(versions.length);
      for (const version of versions)
        expect(compare(version, majors[numbers(version)[0]!]!.newest)).toBeLessThanOrEqual(0);
    }
    for (const [major, { newest }] of Object.entries(majors)) expect(numbers(newest)[0]).toBe(Number(major));
  });

  it('has versions that rise with their dates', () => {
    for (const major of Object.keys(majors).map(Number)) {
      const fixed = releases.flatMap(({ versions }) => versions.filter((version) => numbers(version)[0] === major));
      expect(fixed).toEqual([...fixed].sort((a, b) => compare(b, a)));
      expect(new Set(fixed).size).toBe(fixed.length);
    }
  });

  it('has advisories once each, with a number, half a sentence, and major versions that the release fixes', () => {
    const all = releases.flatMap(({ fixes, versions }) => fixes.map((advisory) => ({ ...advisory, versions })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    for (const { id, problem, majors: affected = [], since, versions } of all) {
      expect(id).toMatch(/^(CVE-20\d\d-\d{4,}|PostgREST#\d+)$/);
      expect(problem).toMatch(/[^.]$/);
      expect(problem.length).toBeLessThanOrEqual(100);
      const of = versions.map((version) => numbers(version)[0]!);
      expect(affected.filter((major) => !of.includes(major))).toEqual([]);
      if (since !== undefined) expect(versions.some((fixed) => compare(since, fixed) < 0)).toBe(true);
    }
  });

  it('has nothing against the newest version of each major version', () => {
    for (const { newest } of Object.values(majors)) expect(advisoriesOf(product, newest)).toEqual([]);
  });

  it('has no end of life that has passed for the default version', () => {
    expect(releaseFindings(product, newestVersion(product), { now: new Date(RELEASE_TABLE.asOf) })).toEqual([]);
  });
});

describe('a version', () => {
  const ids = (product: Product, version: string) => advisoriesOf(product, version).map(({ id }) => id);

  it.each([
    ['PostgreSQL', '18.6', ['CVE-2026-6460', 'CVE-2026-120141']],
    ['PostgreSQL', '18.7', []],
    ['PostgreSQL', '18.10', []],
    ['PostgreSQL', '18', []],
    ['PostgreSQL', '15.19', ['CVE-2026-6460', 'CVE-2026-120141']],
    ['PostgreSQL', '19.0', []],
    ['PostgreSQL', '14.20', []],
    ['PostgREST', '12.0.2', []],
    ['PostgREST', '12.1.0', []],
    ['PostgREST', '12.2.0', ['PostgREST#3956']],
    ['PostgREST', '12.2.11', ['PostgREST#3956']],
    ['PostgREST', '12.2.12', []],
    ['PostgREST', '13.0.7', []],
    ['PostgREST', '14.17', ['PostgREST#5196']],
    ['PostgREST', '14.18', []],
    ['PostgREST', '16.2', ['PostgREST#5196']],
    ['PostgREST', '16.10', []],
  ] as const)('%s %s is affected by %j', (product, version, affected) => {
    expect(ids(product, version)).toEqual(affected);
  });

  it('is affected by all that later releases fix, in its major version only', () => {
    expect(ids('PostgreSQL', '18.4')).toContain('CVE-2026-14676');
    expect(ids('PostgreSQL', '17.10')).not.toContain('CVE-2026-14676');
    expect(ids('PostgreSQL', '17.10')).toContain('CVE-2026-14680');
    expect(ids('PostgreSQL', '18.0')).not.toContain('CVE-2025-8713');
    expect(ids('PostgreSQL', '15.2')).toHaveLength(
      RELEASE_TABLE.products.PostgreSQL.releases.flatMap(({ fixes }) => fixes).filter(({ majors }) => !majors).length,
    );
  });

  it('is described by its latest advisories, the number of the others, and the fix', () => {
    expect(releaseFindings('PostgREST', '16.2')).toEqual([
      {
        rule: 'known_advisory',
        problem: 'is affected by PostgREST#5196 (fresh tokens can be rejected (JWT issued at future))',
        fix: `use ${newestVersion('PostgREST')} or later`,
      },
    ]);
    const [finding] = releaseFindings('PostgreSQL', '18.4', { now: new Date('2026-11-26') });
    expect(finding!.problem).toMatch(
      /^is affected by CVE-2026-6460 \(.*; exploits are public\), CVE-2026-120141 \(.*\) and 15 more advisories$/,
    );
    expect(finding!.fix).toBe('use 18.7 or later');
  });

  it('gets no fixes from its end of life on', () => {
    const on = (day: string) => releaseFindings('PostgreSQL', '17', { now: new Date(day) }).map(({ rule }) => rule);
    expect(on('2029-11-07')).toEqual([]);
    expect(on('2029-11-08')).toEqual(['end_of_life']);
  });

  it.each([
    ['PostgreSQL', '19', ['unknown_major']],
    ['PostgreSQL', '99.1', ['unknown_major']],
    ['PostgREST', '15.0', ['unknown_major']],
    ['PostgREST', '17.0', ['unknown_major']],
    ['PostgREST', '16.99', []],
    ['PostgreSQL', '18.99', []],
  ] as const)('%s %s of an unknown major version is reported: %j', (product, version, rules) => {
    expect(releaseFindings(product, version).map(({ rule }) => rule)).toEqual(rules);
  });

  it('is rejected where an attacker needs no login, whatever is accepted', () => {
    const error = refusal(() => refuseOpenToAnyone('PostgREST', '12.2.3', 'here'));
    expect(error.code).toBe('vulnerable_version');
    expect(error.message).toMatch(/^here: PostgREST 12\.2\.3: .*\/config \(PostgREST#3956\); use 12\.2\.12 or later/);
    expect(() => refuseOpenToAnyone('PostgREST', '12.0.2', 'here')).not.toThrow();
    expect(() => refuseOpenToAnyone('PostgreSQL', '15.0', 'here')).not.toThrow();
  });
});

describe('accepted advisories', () => {
  const base = { name: 'notes', schemas: ['api'], roles: { users: ['member'] } };

  it('are not reported, and the others still are', () => {
    const accepted = ['CVE-2026-6460'];
    expect(releaseFindings('PostgreSQL', '18.6', { accepted })[0]!.problem).toMatch(/^is affected by CVE-2026-120141 /);
    expect(releaseFindings('PostgreSQL', '18.6', { accepted: [...accepted, 'CVE-2026-120141'] })).toEqual([]);
  });

  it('are part of a declaration', () => {
    expect(declare({ ...base, acceptedAdvisories: ['CVE-2026-6460'] }).acceptedAdvisories).toEqual(['CVE-2026-6460']);
    expect(declare(base)).not.toHaveProperty('acceptedAdvisories');
  });

  it.each([
    ['CVE-2026-6461', /^acceptedAdvisories\[1\]: "CVE-2026-6461" is no advisory .*did you mean "CVE-2026-6460"/],
    ['PostgREST#3956', /^acceptedAdvisories\[1\]: "PostgREST#3956" cannot be accepted: it needs no login/],
  ])('are rejected if they are unknown or need no login: %s', (id, message) => {
    const error = refusal(() => declare({ ...base, acceptedAdvisories: ['CVE-2026-14680', id] }));
    expect(error.code).toBe('invalid_declaration');
    expect(error.message).toMatch(message);
    expect(refusal(() => checkAccepted([id], 'db', 'invalid_prop')).code).toBe('invalid_prop');
  });
});

it('the table knows its age and the oldest major versions', () => {
  expect(tableAgeDays(new Date(RELEASE_TABLE.asOf))).toBe(0);
  expect(tableAgeDays(new Date(Date.parse(RELEASE_TABLE.asOf) + 10.9 * 86_400_000))).toBe(10);
  expect([oldestMajor('PostgreSQL'), oldestMajor('PostgREST')]).toEqual([15, 12]);
});

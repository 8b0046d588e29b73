import { didYouMean } from '../../errors/did-you-mean.ts';
import { type ErrorCode, refuse } from '../../errors/secured-postgrest-error.ts';
import { type Advisory, type Product, RELEASE_TABLE } from './release-table.ts';

/** One finding about a version. */
export interface ReleaseFinding {
  readonly rule: 'known_advisory' | 'end_of_life' | 'unknown_major';
  /** Continues a sentence that begins with the product and its version. */
  readonly problem: string;
  readonly fix: string;
}

export interface ReleaseOptions {
  /** Numbers of advisories that are not reported. @default none */
  readonly accepted?: readonly string[] | undefined;
  /** @default the present day */
  readonly now?: Date;
}

/** The newest known version of the newest known major version. */
export function newestVersion(product: Product): string {
  return Object.values(RELEASE_TABLE.products[product].majors).at(-1)!.newest;
}

/** The oldest major version that this package takes. */
export function oldestMajor(product: Product): number {
  return Number(Object.keys(RELEASE_TABLE.products[product].majors)[0]);
}

/** Age of the table in whole days. */
export function tableAgeDays(now = new Date()): number {
  return Math.floor((now.getTime() - Date.parse(RELEASE_TABLE.asOf)) / DAY_MS);
}

const DAY_MS = 86_400_000;

/** The advisories that affect a version, the latest first. A version such as `18` counts as the newest of its kind. */
export function advisoriesOf(product: Product, version: string): Advisory[] {
  const major = majorOf(version);
  return RELEASE_TABLE.products[product].releases.flatMap(({ versions, fixes }) => {
    const fixed = versions.find((candidate) => majorOf(candidate) === major);
    if (fixed === undefined || !isBefore(version, fixed)) return [];
    return fixes.filter(
      ({ majors = [major], since = String(major) }) => majors.includes(major) && !isBefore(version, since),
    );
  });
}

/**
 * Refuses a version that anyone who reaches its port can attack. There is no way around it: the fix is a release of the same
 * major version.
 *
 * @param written the version as the user wrote it. @default the version
 * @throws SecuredPostgrestError `vulnerable_version`
 */
export function refuseOpenToAnyone(product: Product, version: string, place: string, written = version): void {
  const open = advisoriesOf(product, version).find(({ attacker }) => attacker === 'anyone');
  if (!open) return;
  const problem = `${product} ${written}: ${open.problem} (${open.id})`;
  refuse('vulnerable_version', place, problem, useNewest(product, version));
}

/** Findings about a version, each short enough for one line. */
export function releaseFindings(
  product: Product,
  version: string,
  { accepted = [], now = new Date() }: ReleaseOptions = {},
): ReleaseFinding[] {
  const advisories = advisoriesOf(product, version).filter(({ id }) => !accepted.includes(id));
  const { majors } = RELEASE_TABLE.products[product];
  const major = majorOf(version);
  const found: ReleaseFinding[] = [];
  if (!(major in majors) && major > oldestMajor(product)) {
    found.push({
      rule: 'unknown_major',
      problem: `is of a major version that this package does not know, nor its advisories`,
      fix: `use ${product} ${newestVersion(product)}, or a newer version of this package`,
    });
  }
  const end = majors[major]?.endOfLife;
  if (advisories.length > 0) {
    found.push({ rule: 'known_advisory', problem: summaryOf(advisories), fix: useNewest(product, version) });
  }
  if (end !== undefined && Date.parse(end) <= now.getTime()) {
    found.push({
      rule: 'end_of_life',
      problem: `gets no fixes any more since ${end}`,
      fix: `use ${product} ${newestVersion(product)}`,
    });
  }
  return found;
}

const TOLD = 2;

function summaryOf(advisories: readonly Advisory[]): string {
  const told = advisories
    .slice(0, TOLD)
    .map(({ id, problem, exploitPublished }) => `${id} (${problem}${exploitPublished ? '; exploits are public' : ''})`);
  const more = advisories.length - told.length;
  return `is affected by ${told.join(', ')}${more > 0 ? ` and ${more} more advisories` : ''}`;
}

/** Checks the numbers of accepted advisories: each is in the table, and none is one that {@link refuseOpenToAnyone} refuses. */
export function checkAccepted(ids: readonly string[], place: string, code: ErrorCode): void {
  const known = Object.values(RELEASE_TABLE.products).flatMap(({ releases }) => releases.flatMap(({ fixes }) => fixes));
  ids.forEach((id, index) => {
    const at = `${place}[${index}]`;
    const advisory = known.find((candidate) => candidate.id === id);
    if (!advisory) {
      const hint = didYouMean(
        id,
        known.map((candidate) => candidate.id),
      );
      refuse(code, at, `"${id}" is no advisory that this package knows${hint}`, 'see docs/versions.md, or remove it');
    }
    if (advisory.attacker === 'anyone') {
      refuse(code, at, `"${id}" cannot be accepted: it needs no login`, 'use a version without it');
    }
  });
}

function useNewest(product: Product, version: string): string {
  const { newest } = RELEASE_TABLE.products[product].majors[majorOf(version)]!;
  return `use ${newest} or later`;
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10);
}

/** Compares number by number, as far as both versions go: `18` is not before `18.7`. */
function isBefore(version: string, other: string): boolean {
  const numbers = other.split('.').map(Number);
  const own = version.split('.').map(Number);
  const index = own.findIndex((number, n) => n < numbers.length && number !== numbers[n]);
  return index !== -1 && own[index]! < numbers[index]!;
}

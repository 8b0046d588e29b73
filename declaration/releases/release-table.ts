/** A product whose versions the table knows. */
export type Product = 'PostgreSQL' | 'PostgREST';

/** A vulnerability, or a bug that keeps users out, by the number that its publisher gave it. */
export interface Advisory {
  /** A CVE number, or an issue such as `PostgREST#5196`. */
  readonly id: string;
  /** Half a sentence about what an attacker gains or a user loses. */
  readonly problem: string;
  /** `anyone` needs no login, only a connection to a port that a deploy opens; `user` needs a database role or a token. */
  readonly attacker: 'anyone' | 'user';
  /** True if an exploit is public. @default false */
  readonly exploitPublished?: true;
  /** Affected major versions. @default those of the release that fixes it */
  readonly majors?: readonly number[];
  /** First affected version. @default the first one of each affected major version */
  readonly since?: string;
}

/** Versions that were published together, and the advisories that they are the first to fix. */
export interface FixingRelease {
  /** Day by which all of them were published. */
  readonly date: string;
  /** One version of each supported major version. */
  readonly versions: readonly string[];
  readonly fixes: readonly Advisory[];
}

export interface Major {
  readonly newest: string;
  /** Day of the last release. @default none is known */
  readonly endOfLife?: string;
}

export interface ProductReleases {
  /** Where to read what is new. */
  readonly sources: readonly string[];
  /** By major version: those that this package takes, the others are refused as too old. */
  readonly majors: Readonly<Record<number, Major>>;
  /** The latest first. */
  readonly releases: readonly FixingRelease[];
}

export interface ReleaseTable {
  /** Day on which the sources were read. */
  readonly asOf: string;
  readonly products: Readonly<Record<Product, ProductReleases>>;
}

/**
 * Releases, ends of life and known advisories. docs/versions.md says what is in it, and how to bring it up to date.
 *
 * PostgreSQL: vulnerabilities of the server and its extensions on 64-bit platforms with a CVSS score of 7.0 or more, or that
 * weaken row security; none of its client programs and libraries.
 */
export const RELEASE_TABLE: ReleaseTable = {
  asOf: '2026-11-26',
  products: {
    PostgreSQL: {
      sources: ['https://www.postgresql.org/support/security/', 'https://www.postgresql.org/support/versioning/'],
      majors: {
        15: { newest: '15.20', endOfLife: '2027-11-11' },
        16: { newest: '16.16', endOfLife: '2028-11-09' },
        17: { newest: '17.12', endOfLife: '2029-11-08' },
        18: { newest: '18.7', endOfLife: '2030-11-14' },
      },
      releases: [
        {
          date: '2026-11-12',
          versions: ['18.7', '17.12', '16.16', '15.20'],
          fixes: [
            {
              id: 'CVE-2026-6460',
              problem: 'a role that may create objects runs code as the operating system user of the server',
              attacker: 'user',
              exploitPublished: true,
            },
            {
              id: 'CVE-2026-120141',
              problem: 'functions such as json_populate_recordset() let a role run code as that user',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2026-08-13',
          versions: ['18.6', '17.11', '16.15', '15.19'],
          fixes: [
            {
              id: 'CVE-2026-14680',
              problem: 'calls of functions with "internal" arguments let any role run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-16239',
              problem: 'a cursor that is closed and declared again lets a role run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14666',
              problem: 'cached plans keep the row security of a role that has changed since',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14664',
              problem: 'regular expressions let a role run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14669',
              problem: 'to_char() lets a client that chooses the time zone run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14662',
              problem: 'huge values of tsvector and tsquery write beyond their memory',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-15741',
              problem: "an object's definition runs SQL as the superuser who dumps or prints it",
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14679',
              problem: 'a function with many OUT parameters writes beyond the stack',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14668',
              problem: 'a role that may create objects reads memory of the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-6471',
              problem: 'a role with REPLICATION loads any file as a library',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-16238',
              problem: 'pg_restore_attribute_stats() lets a role run code on the server',
              attacker: 'user',
              majors: [18],
            },
            {
              id: 'CVE-2026-14676',
              problem: 'pg_stat_statements lets a query run code on the server',
              attacker: 'user',
              majors: [18],
            },
            {
              id: 'CVE-2026-15742',
              problem: 'fuzzystrmatch lets a role run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14670',
              problem: 'PL/Perl lets the owner of a function run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-14671',
              problem: 'refint lets a role run code on the server',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2026-05-14',
          versions: ['18.4', '17.10', '16.14', '15.18'],
          fixes: [
            {
              id: 'CVE-2026-6473',
              problem: 'huge values write beyond their memory, which may run code on the server',
              attacker: 'user',
            },
            {
              // Over TCP it needs SSL and GSS both off: containers of a deploy have TLS on, and their socket is inside.
              id: 'CVE-2026-6479',
              problem: 'a client of the Unix socket, or of the port where SSL and GSS are both off, stops the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-6637',
              problem: 'refint lets a role run code on the server',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2026-02-12',
          versions: ['18.2', '17.8', '16.12', '15.16'],
          fixes: [
            {
              id: 'CVE-2026-2006',
              problem: 'crafted texts let a role run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-2005',
              problem: 'pgcrypto lets the author of a ciphertext run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-2004',
              problem: 'intarray lets a role that may create objects run code on the server',
              attacker: 'user',
            },
            {
              id: 'CVE-2026-2007',
              problem: 'pg_trgm writes beyond its memory',
              attacker: 'user',
              majors: [18],
            },
          ],
        },
        {
          date: '2025-08-14',
          versions: ['17.6', '16.10', '15.14'],
          fixes: [
            {
              id: 'CVE-2025-8713',
              problem: 'statistics of the optimizer show rows that row security hides',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2024-11-14',
          versions: ['17.1', '16.5', '15.9'],
          fixes: [
            {
              id: 'CVE-2024-10976',
              problem: 'a plan that is used again applies the row security of another role',
              attacker: 'user',
            },
            {
              id: 'CVE-2024-10978',
              problem: 'SET ROLE can be reset to a wrong role',
              attacker: 'user',
            },
            {
              id: 'CVE-2024-10979',
              problem: 'PL/Perl lets a role run code on the server',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2024-02-08',
          versions: ['16.2', '15.6'],
          fixes: [
            {
              id: 'CVE-2024-0985',
              problem: "REFRESH MATERIALIZED VIEW CONCURRENTLY runs the owner's functions as the role that refreshes",
              attacker: 'user',
            },
          ],
        },
        {
          date: '2023-11-09',
          versions: ['16.1', '15.5'],
          fixes: [
            {
              id: 'CVE-2023-5869',
              problem: 'a change of an array lets a role run code on the server',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2023-08-10',
          versions: ['15.4'],
          fixes: [
            {
              id: 'CVE-2023-39418',
              problem: 'MERGE does not apply policies for UPDATE and SELECT to new rows',
              attacker: 'user',
            },
            {
              id: 'CVE-2023-39417',
              problem: 'scripts of extensions let a role with CREATE on the database run SQL as a superuser',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2023-05-11',
          versions: ['15.3'],
          fixes: [
            {
              id: 'CVE-2023-2455',
              problem: 'an inlined function applies the row security of another role',
              attacker: 'user',
            },
            {
              id: 'CVE-2023-2454',
              problem: 'CREATE SCHEMA lets a role with CREATE on the database run SQL as a superuser',
              attacker: 'user',
            },
          ],
        },
      ],
    },
    PostgREST: {
      sources: ['https://github.com/PostgREST/postgrest/releases'],
      majors: {
        12: { newest: '12.2.12', endOfLife: '2025-05-01' },
        13: { newest: '13.0.8', endOfLife: '2025-10-24' },
        14: { newest: '14.18', endOfLife: '2026-09-10' },
        16: { newest: '16.4' },
      },
      releases: [
        {
          date: '2026-09-11',
          versions: ['16.3', '14.18'],
          fixes: [
            {
              id: 'PostgREST#5196',
              problem: 'fresh tokens can be rejected (JWT issued at future)',
              attacker: 'user',
            },
          ],
        },
        {
          date: '2025-05-01',
          versions: ['12.2.12'],
          fixes: [
            {
              id: 'PostgREST#3956',
              problem: 'the admin port prints all secrets at /config',
              attacker: 'anyone',
              since: '12.2.0',
            },
          ],
        },
      ],
    },
  },
};

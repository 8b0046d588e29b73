import { expect, it } from 'vitest';
import { reportJson } from '../../../../audit/report/report-json.ts';
import { HOSTILE, hostileReport, sampleReport } from '../../../support/audit/sample-report.ts';

interface Json {
  readonly database: string;
  readonly findings: readonly { object: { name: string }; fix: { sql: readonly string[] } }[];
}

it('has the fields that docs/audit.md describes', () => {
  expect(JSON.parse(reportJson(sampleReport()))).toMatchInlineSnapshot(`
    {
      "acceptancesOver": [
        {
          "object": "api.todos.user_id",
          "reason": "the table is small",
          "rule": "missing_index",
          "until": "2026-10-31",
        },
      ],
      "acceptancesStale": [
        {
          "object": {
            "kind": "table",
            "name": "gone",
            "schema": "api",
          },
          "reason": "moved",
          "rule": "rls_disabled",
        },
      ],
      "accepted": [
        {
          "docs": "https://docs.example/docs/audit-rules.md#rls_disabled",
          "fix": {
            "sql": [],
            "text": "decide who may read it",
          },
          "level": "error",
          "object": {
            "kind": "table",
            "name": "countries",
            "schema": "api",
            "text": "api.countries",
          },
          "problem": "is granted to anon without row security",
          "reason": "public list",
          "rule": "rls_disabled",
          "topic": "exposure",
          "until": "2027-01-31",
          "why": "A grant on a table without row security shows every row.",
        },
      ],
      "database": "todos",
      "failOn": "error",
      "failed": true,
      "findings": [
        {
          "docs": "https://docs.example/docs/audit-rules.md#rls_disabled",
          "fix": {
            "sql": [
              "ALTER TABLE "api"."todos" ENABLE ROW LEVEL SECURITY",
              "CREATE POLICY own ON "api"."todos" USING (user_id = (SELECT auth.uid()))",
            ],
            "text": "enable it, and write a policy",
          },
          "level": "error",
          "object": {
            "kind": "table",
            "name": "todos",
            "schema": "api",
            "text": "api.todos",
          },
          "problem": "is granted to anon without row security",
          "rule": "rls_disabled",
          "topic": "exposure",
          "why": "A grant on a table without row security shows every row.",
        },
        {
          "docs": "https://docs.example/docs/audit-rules.md#missing_index",
          "fix": {
            "sql": [
              "CREATE INDEX ON "api"."todos" ("user_id")",
            ],
            "text": "create one that begins with "user_id"",
          },
          "level": "warning",
          "object": {
            "kind": "table column",
            "name": "user_id",
            "schema": "api",
            "table": "todos",
            "text": "api.todos.user_id",
          },
          "problem": "is compared by a policy and has no index",
          "rule": "missing_index",
          "topic": "speed",
          "why": "A policy compares the column in each query. Without an index, each query reads the whole table.",
        },
        {
          "docs": "https://docs.example/docs/audit-rules.md#search_path_not_set",
          "fix": {
            "sql": [
              "ALTER FUNCTION "api"."add"(integer) SET search_path = ''",
            ],
            "text": "ALTER FUNCTION "api"."add"(integer) SET search_path = '', and name objects with their schemas",
          },
          "level": "warning",
          "object": {
            "arguments": [
              "integer",
            ],
            "kind": "function",
            "name": "add",
            "schema": "api",
            "text": "api.add(integer)",
          },
          "problem": "runs with its owner’s rights and with the search path of the caller",
          "rule": "search_path_not_set",
          "topic": "exposure",
          "trial": {
            "seen": "the finding was gone, and no new one came",
            "works": true,
          },
          "why": "A function without \`search_path\` finds the objects of the caller. The caller can put [others] in their {place}.",
        },
        {
          "docs": "https://docs.example/docs/audit-rules.md#truncate_granted",
          "fix": {
            "sql": [
              "REVOKE TRUNCATE ON "api"."todos" FROM "anon"",
            ],
            "text": "REVOKE TRUNCATE ON "api"."todos" FROM "anon"",
          },
          "level": "info",
          "object": {
            "kind": "table",
            "name": "todos",
            "schema": "api",
            "text": "api.todos",
          },
          "problem": "grants TRUNCATE to anon",
          "rule": "truncate_granted",
          "topic": "exposure",
          "why": "No request of PostgREST truncates a table.",
        },
      ],
      "format": 1,
      "generator": {
        "name": "secured-postgrest",
        "version": "0.1.0",
      },
      "scope": {
        "anonymous": "anon",
        "authenticator": "authenticator",
        "foundBy": "by PostgREST’s settings in the database",
        "roles": [
          "anon",
          "user",
        ],
        "schemas": [
          "api",
        ],
      },
      "scores": {
        "exposure": {
          "parts": [
            {
              "findings": 1,
              "points": 1,
              "rule": "rls_disabled",
            },
            {
              "findings": 1,
              "points": 0.2,
              "rule": "search_path_not_set",
            },
          ],
          "value": 70,
        },
        "speed": {
          "parts": [
            {
              "findings": 1,
              "points": 0.2,
              "rule": "missing_index",
            },
          ],
          "value": 94,
        },
      },
      "server": {
        "version": 180004,
      },
    }
  `);
});

it('keeps hostile names as they are, in characters that can be seen', () => {
  const text = reportJson(hostileReport());
  const { database, findings } = JSON.parse(text) as Json;
  expect(database).toBe(HOSTILE);
  expect(findings[0]!.object.name).toBe(HOSTILE);
  expect(findings[0]!.fix.sql).toEqual([`ALTER TABLE "${HOSTILE}"`]);
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2066-\u2069\ufeff]/);
});

it('is the same for the same report', () => {
  expect(reportJson(sampleReport())).toBe(reportJson(sampleReport()));
});

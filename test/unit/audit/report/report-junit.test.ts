import { expect, it } from 'vitest';
import { reportJunit } from '../../../../audit/report/report-junit.ts';
import { cleanReport, hostileReport, sampleReport } from '../../../support/audit/sample-report.ts';

it('has a suite for each topic and a test for each rule', () => {
  expect(reportJunit(sampleReport())).toMatchInlineSnapshot(`
    "<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="audit of todos" tests="5" failures="1" errors="0" skipped="0" time="0">
    <testsuite name="exposure" tests="3" failures="1" errors="0" skipped="0" time="0">
    <testcase classname="audit.exposure" name="rls_disabled" time="0">
    <failure message="api.todos is granted to anon without row security" type="error">error: rls_disabled: api.todos is granted to anon without row security (enable it, and write a policy)</failure>
    <system-out>accepted: error: rls_disabled: api.countries is granted to anon without row security (decide who may read it) until 2027-01-31: public list</system-out>
    </testcase>
    <testcase classname="audit.exposure" name="search_path_not_set" time="0">
    <system-out>warning: search_path_not_set: api.add(integer) runs with its owner’s rights and with the search path of the caller (ALTER FUNCTION &#34;api&#34;.&#34;add&#34;(integer) SET search_path = &#39;&#39;, and name objects with their schemas)</system-out>
    </testcase>
    <testcase classname="audit.exposure" name="truncate_granted" time="0">
    <system-out>info: truncate_granted: api.todos grants TRUNCATE to anon (REVOKE TRUNCATE ON &#34;api&#34;.&#34;todos&#34; FROM &#34;anon&#34;)</system-out>
    </testcase>
    </testsuite>
    <testsuite name="speed" tests="1" failures="0" errors="0" skipped="0" time="0">
    <testcase classname="audit.speed" name="missing_index" time="0">
    <system-out>warning: missing_index: api.todos.user_id is compared by a policy and has no index (create one that begins with &#34;user_id&#34;)</system-out>
    </testcase>
    </testsuite>
    <testsuite name="failure" tests="1" failures="0" errors="0" skipped="0" time="0">
    <testcase classname="audit.failure" name="recursive_policy" time="0"/>
    </testsuite>
    <system-out>the acceptance of missing_index, api.todos.user_id, ended with 2026-10-31: the finding counts again
    the acceptance of rls_disabled, table api.gone, names no finding: remove the entry</system-out>
    </testsuites>
    "
  `);
});

it('fails by the findings that fail the command', () => {
  const failures = (failOn: 'error' | 'warning' | 'info' | 'never') =>
    [...reportJunit(sampleReport({ failOn })).matchAll(/name="(\w+)" time="0">\n<failure /g)].map(([, name]) => name);
  expect(failures('error')).toEqual(['rls_disabled']);
  expect(failures('warning')).toEqual(['rls_disabled', 'search_path_not_set', 'missing_index']);
  expect(failures('info')).toEqual(['rls_disabled', 'search_path_not_set', 'truncate_granted', 'missing_index']);
  expect(failures('never')).toEqual([]);
});

it('joins findings of a rule into one failure', () => {
  const report = reportJunit(sampleReport({ entries: [] }));
  expect(report.match(/<failure /g)).toHaveLength(1);
  expect(report).toMatch(/<failure message="2 findings" type="error">error: rls_disabled: .*\nerror: rls_disabled: /);
});

it('has passing tests only where nothing is found', () => {
  const report = reportJunit(cleanReport());
  expect(report).toMatch(/^<\?xml .*\n<testsuites name="audit of todos" tests="5" failures="0" /);
  expect(report.match(/<testcase [^>]*\/>/g)).toHaveLength(5);
});

it('escapes hostile names: no element comes from them, and no character that XML has not', () => {
  const report = reportJunit(hostileReport());
  const names = [...report.matchAll(/<\/?(\w+)[^>]*>/g)].map(([, name]) => name);
  expect([...new Set(names)].sort()).toEqual(['failure', 'system', 'testcase', 'testsuite', 'testsuites']);
  expect(report).not.toMatch(/<!|]]>/);
  // eslint-disable-next-line no-control-regex
  expect(report).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2066-\u2069\ufeff\uffff]/);
});

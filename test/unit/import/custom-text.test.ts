import { describe, expect, it } from 'vitest';
import { customText } from '../../../import/policies/custom-text.ts';
import { parseExpression } from '../../../postgres/expressions/parse-expression.ts';

const uid = await parseExpression(
  "(COALESCE(NULLIF(current_setting('request.jwt.claim.sub', true), ''), (NULLIF(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')))::uuid",
);
const functions = new Map([['auth.uid', uid!]]);

describe('the text of a condition', () => {
  it.each([
    [
      "((user_id = (current_setting('request.jwt.claim.user_id'::text, true))::integer) AND done)",
      `(user_id = (SELECT :"private".try_cast(:"private".claim('user_id'), NULL::int4))) AND done`,
    ],
    [
      "(tenant = (((current_setting('request.jwt.claims'::text, true))::json -> 'app_metadata'::text) ->> 'tenant'::text))",
      `tenant = (SELECT :"private".claim('app_metadata', 'tenant'))`,
    ],
    [
      '((( SELECT auth.uid() AS uid) = user_id) OR (EXISTS ( SELECT 1 FROM public.m WHERE (m.é = auth.uid()))))',
      `((SELECT :"private".try_cast(:"private".claim('sub'), NULL::uuid)) = user_id) OR (EXISTS ( SELECT 1 FROM public.m WHERE (m.é = (SELECT :"private".try_cast(:"private".claim('sub'), NULL::uuid)))))`,
    ],
    [
      "(public.is_member((auth.uid())) AND (kind = ')('::text))",
      `public.is_member((SELECT :"private".try_cast(:"private".claim('sub'), NULL::uuid))) AND (kind = ')('::text)`,
    ],
    ['(done AND (owner = CURRENT_USER))', 'done AND (owner = CURRENT_USER)'],
    ['((a = 1) AND (b = 2))', '(a = 1) AND (b = 2)'],
    ['(a = 1) OR (b = 2)', '(a = 1) OR (b = 2)'],
    ['true', 'true'],
  ])('reads the claims of %s with the helper functions', async (condition, text) => {
    expect(await customText(condition, functions)).toBe(text);
  });
});

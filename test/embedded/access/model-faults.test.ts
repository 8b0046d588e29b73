import { afterEach, expect, it, vi } from 'vitest';
import type { Environment } from '../../../access/prove/model/environment.ts';
import type { List, Truth, Value } from '../../../access/prove/model/values.ts';
import type { SurveyedPolicy } from '../../../audit/anywhere/survey.ts';
import { useModel } from '../../support/access/pinned/use-model.ts';
import { FULL_TESTS } from '../../support/fuzz.ts';

const MODEL = '../../../access/prove/model';
const CASES = 4_000;

type Part = Record<string, unknown>;
/** Functions of a module of the model in place of its own ones. */
type Fault = readonly [words: string, module: string, replace: (own: Part) => Part];

const call = (own: Part, name: string) => own[name] as (...args: unknown[]) => unknown;

/** The environment with other policies. */
const withPolicies = (environment: Environment, change: (policy: SurveyedPolicy) => SurveyedPolicy): Environment => {
  const { catalog } = environment;
  const { audited } = catalog;
  const policies: typeof audited.reach.policies = (...args) => audited.reach.policies(...args).map(change);
  return { ...environment, catalog: { ...catalog, audited: { ...audited, reach: { ...audited.reach, policies } } } };
};

const FAULTS: readonly Fault[] = [
  [
    'OR is not true where a part is null',
    'values',
    () => ({
      or: (...parts: Truth[]): Truth => ({
        t: `(and (or ${parts.map(({ t }) => t).join(' ')}) ${parts.map(({ t, f }) => `(or ${t} ${f})`).join(' ')})`,
        f: `(and ${parts.map(({ f }) => f).join(' ')})`,
      }),
    }),
  ],
  ['NOT makes null true', 'values', () => ({ negated: ({ t }: Truth): Truth => ({ t: `(not ${t})`, f: t }) })],
  [
    'IN is false where a member is null',
    'operators',
    (own) => ({
      isIn: (...args: unknown[]) => {
        const { t } = call(own, 'isIn')(...args) as Truth;
        return { t, f: `(not ${t})` };
      },
    }),
  ],
  [
    'IS DISTINCT FROM is null with a null',
    'operators',
    (own) => ({
      isDistinct: (left: Value, right: Value, environment: Environment) =>
        call(own, 'compare')('<>', left, right, environment),
    }),
  ],
  [
    'a restrictive policy lets rows through',
    'policies',
    (own) => ({
      visible: (row: unknown, command: unknown, environment: Environment) =>
        call(own, 'visible')(
          row,
          command,
          withPolicies(environment, (policy) => ({ ...policy, permissive: true })),
        ),
    }),
  ],
  [
    'a policy without WITH CHECK lets all be written',
    'policies',
    (own) => ({
      writable: (row: unknown, command: unknown, environment: Environment) =>
        call(own, 'writable')(
          row,
          command,
          withPolicies(environment, (policy) => ({ ...policy, check: policy.check ?? 'false' })),
        ),
    }),
  ],
  [
    'rows of all commands are those of SELECT',
    'policies',
    (own) => ({
      visible: (row: unknown, _command: unknown, environment: unknown) =>
        call(own, 'visible')(row, 'select', environment),
    }),
  ],
  ['a cast that fails is not null', 'casts', (own) => ({ tryCast: own['cast'] })],
  [
    'CASE and COALESCE take the other value',
    'script',
    (own) => ({
      choose: (condition: string, then: string, otherwise: string) => call(own, 'choose')(condition, otherwise, then),
    }),
  ],
  [
    'a list has members that it has not',
    'operators',
    (own) => ({
      isIn: (operator: string, value: Value, list: List, ...rest: unknown[]) =>
        call(own, 'isIn')(
          operator,
          value,
          { ...list, items: list.items.map((item) => ({ ...item, guard: 'true' })) },
          ...rest,
        ),
    }),
  ],
  [
    'a view reads with the rights of its user',
    'queries',
    (own) => ({
      viewEnvironment: (view: object, environment: unknown) =>
        call(own, 'viewEnvironment')({ ...view, security_invoker: true }, environment),
    }),
  ],
  [
    'a nested claim is read as one of the token',
    'world',
    (own) => {
      const World = own['World'] as new (...args: never[]) => { claim(path: readonly string[]): unknown };
      return {
        World: class extends World {
          override claim(path: readonly string[]) {
            return super.claim(path.slice(-1));
          }
        },
      };
    },
  ],
];

const model = useModel();
afterEach(() => {
  vi.resetModules();
});

/** Each fault takes a quarter of a minute: without `FULL_TESTS=1`, every sixth runs. */
const chosen = FAULTS.filter((_, n) => FULL_TESTS || n % 6 === 0);

it.for(chosen)('notices that %s', { timeout: 900_000 }, async ([, module, replace]) => {
  const path = `${MODEL}/${module}.ts`;
  vi.resetModules();
  vi.doMock(path, async (original) => {
    const own = await original<Part>();
    return { ...own, ...replace(own) };
  });
  try {
    const { compareMany } = await import('../../support/access/pinned/compare-many.ts');
    const { difference } = await compareMany({ ...model, seed: 3, cases: CASES, tables: 6, shrinks: false });
    expect(difference).toBeDefined();
  } finally {
    vi.doUnmock(path);
  }
});

import { partObject } from '../finding-object.ts';
import { run } from '../fix.ts';
import type { CatalogRule } from '../rule.ts';

export const triggerOfOtherOwner: CatalogRule = {
  id: 'trigger_of_other_owner',
  levels: ['error'],
  subject: 'triggers and rules',
  why:
    'A role that may write to the table runs the function of the trigger, without a grant on it. ' +
    "The function runs with its owner's rights, and policies need not bind this owner.",
  fix: 'Make the function SECURITY INVOKER, or move it to a managed schema.',
  check: ({ catalog, scope }) =>
    catalog.definerTriggers
      .filter(({ function_owner }) => function_owner !== scope.owner)
      .map((trigger) => ({
        object: partObject('trigger', trigger),
        problem: `runs ${trigger.function} with the rights of "${trigger.function_owner}", whom the policies need not bind`,
        fix: run(`ALTER FUNCTION ${trigger.function} SECURITY INVOKER`, ', or move it to a managed schema'),
      })),
};

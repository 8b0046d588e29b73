import { apiRoles } from '../../../declaration/roles.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { fix } from '../../../audit/fix.ts';
import type { DatabaseError } from '../request-session.ts';
import type { Step } from '../explanation.ts';
import { readTarget } from '../request/request-target.ts';
import { explainRefusal } from './explain-refusal.ts';

/** Messages with which the check rejects the call of a function: not granted, or not declared. */
const REJECTED_CALL = /^permission denied for function (.+)$|Could not find the function (.+?) in the schema cache/;

/** Explains why the package's check rejects the call of a function; undefined if something else is rejected. */
export function explainCheck(
  declaration: Declaration,
  request: { readonly role: string; readonly method: string; readonly target: string },
  { message }: DatabaseError,
): Step | undefined {
  const [, denied, unknown] = REJECTED_CALL.exec(message) ?? [];
  const name = denied ?? unknown;
  const { role, target } = request;
  const called = readTarget(target);
  // A function of the user's own, which the check calls, can fail in the same words.
  if (!called.isFunction || called.name !== name) return undefined;
  if (!apiRoles(declaration).some((one) => one.name === role)) return undefined;
  const asDenied = `permission denied for function ${name}`;
  const [words] = explainRefusal(declaration, { role, method: request.method, target, status: 403 }, asDenied);
  if (words === undefined) return undefined;
  const advice =
    denied === undefined
      ? 'correct the name, or add the function to `functions`'
      : `add ${role} to \`execute\` of ${name}`;
  return { stage: 'grants', outcome: 'decided', words, fix: fix(advice) };
}

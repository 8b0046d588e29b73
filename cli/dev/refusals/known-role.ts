import type { AnsweredRequest } from '../../../access/why/declared/answered-request.ts';
import { providerOf } from '../../../declaration/keys/provider.ts';
import type { Declaration } from '../../../declaration/types.ts';

/** Removes the role of a request if the log cannot know it: all tokens of a provider arrive as the anonymous role. */
export function withKnownRole(request: AnsweredRequest, { keys, anonymous }: Declaration): AnsweredRequest {
  if (!providerOf(keys) || request.role !== anonymous?.name) return request;
  const { method, target, status } = request;
  return { method, target, status };
}

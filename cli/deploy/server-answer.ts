import { within } from '../../tokens/within.ts';

/** For one request. */
const ANSWER_MS = 5000;
/** For the last one. */
const LEAST_MS = 500;

/**
 * State of a server: `ready`, or the reason why it is not.
 *
 * @param signingKey id of the key that a token service has to sign with; the url is then the address of its key set
 * @param deadline when it has to have answered, in milliseconds since 1970
 */
export async function answerOf(url: string, signingKey: string | undefined, deadline: number): Promise<string> {
  const left = Math.min(ANSWER_MS, deadline - Date.now());
  return within(Math.max(left, LEAST_MS), (signal) => stateOf(url, signingKey, signal)).catch(unanswered);
}

/** Any answer but a server error will do: who asks here has no token, and may well be refused. */
async function stateOf(url: string, signingKey: string | undefined, signal: AbortSignal): Promise<string> {
  if (signingKey !== undefined) return signingState(url, signingKey, signal);
  const { status } = await fetch(url, { method: 'HEAD', signal });
  if (status < 500) return 'ready';
  return `answers with status ${status}${reason(await (await fetch(url, { signal })).text())}`;
}

/** The key set of a token service begins with the key that signs. */
async function signingState(url: string, kid: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok) return `answers with status ${response.status}`;
  const { keys } = (await response.json()) as { keys?: { kid?: string }[] };
  return keys?.[0]?.kid === kid ? 'ready' : `signs with another key than ${kid}`;
}

function unanswered({ cause, message }: Error & { cause?: { code?: string; message?: string } }): string {
  return `does not answer (${cause?.code ?? cause?.message ?? message})`;
}

/** PostgREST's words for an error; nothing where another program answers. */
function reason(body: string): string {
  try {
    const { message, details } = JSON.parse(body) as { message?: string; details?: string | null };
    const said = [message, details].filter((text) => typeof text === 'string').map((text) => text.trim());
    return said.length === 0 ? '' : `: ${said.join(' ')}`;
  } catch {
    return '';
  }
}

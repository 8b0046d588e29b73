/** Postgres' words for a missing privilege, for a row that policies reject, and for a token that the check rejects. */
const REJECTIONS = [
  'permission denied for ',
  'permission denied to set role ',
  'must be owner of ',
  'new row violates row-level security policy',
  'query would be affected by row-level security policy',
  'the token is not valid here',
];

/** The rejections in lines of Postgres' log, in their order, each with its detail. */
export function rejectionsIn(lines: readonly string[]): string[] {
  return lines.flatMap((line, index) => {
    // A line that begins with a tab goes on with what a client has sent.
    const [, message] = /^[^\t].*?\bERROR: {2}(.*)$/.exec(line) ?? [];
    if (message === undefined || !REJECTIONS.some((words) => message.startsWith(words))) return [];
    const [, detail] = /\bDETAIL: {2}(.*)$/.exec(lines[index + 1] ?? '') ?? [];
    return [detail === undefined ? message : `${message}: ${detail}`];
  });
}

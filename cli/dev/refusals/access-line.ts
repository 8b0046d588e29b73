/** An answered request, as PostgREST logs it. */
export interface AnsweredRequest {
  /** @default PostgREST knew none: the token was rejected */
  readonly role?: string;
  readonly method: string;
  /** With its query. */
  readonly target: string;
  readonly status: number;
}

/** The Apache format in which PostgREST logs requests. */
const LINE = /^\S+ - (?<role>.*?) \[[^\]]*\] "(?<method>[A-Z]+) (?<target>\S+) HTTP\/[\d.]+" (?<status>\d{3}) /;

/** Reads a line of PostgREST's log; undefined for one that is about no request. */
export function readAccessLine(line: string): AnsweredRequest | undefined {
  const { role, method, target, status } = LINE.exec(line)?.groups ?? {};
  if (method === undefined || target === undefined) return undefined;
  return { ...(role && role !== '-' && { role }), method, target, status: Number(status) };
}

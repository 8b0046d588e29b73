import type { AnsweredRequest } from '../../../access/why/declared/answered-request.ts';

/** The Apache format in which PostgREST logs requests. */
const LINE = /^\S+ - (?<role>.*?) \[[^\]]*\] "(?<method>[A-Z]+) (?<target>\S+) HTTP\/[\d.]+" (?<status>\d{3}) /;

/** Reads a line of PostgREST's log; undefined for one that is about no request. */
export function readAccessLine(line: string): AnsweredRequest | undefined {
  const { role, method, target, status } = LINE.exec(line)?.groups ?? {};
  if (method === undefined || target === undefined) return undefined;
  return { ...(role && role !== '-' && { role }), method, target, status: Number(status) };
}

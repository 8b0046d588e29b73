import { didYouMean } from '../../errors/did-you-mean.ts';
import { oneLine } from '../../errors/one-line.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { PARTS, type AcceptedEntry, type ObjectParts } from './accepted-entry.ts';

const FIELDS = ['rule', 'object', 'reason', 'until'] as const;

/**
 * Reads the text of a file of accepted findings: a JSON list of entries.
 *
 * @param file path for errors
 * @param rules ids of every rule
 * @throws SecuredPostgrestError `invalid_accepted`
 */
export function readAccepted(text: string, file: string, rules: readonly string[]): AcceptedEntry[] {
  const list = parse(text, file);
  if (!Array.isArray(list)) refuseAt(file, `${shown(list)} is not a list`, 'write a list of entries: [{ "rule": … }]');
  return list.map((entry: unknown, index) => readEntry(entry, `${file}: [${index}]`, rules));
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    // Some versions of Node.js quote the text in place of the position.
    const offset = /at position (\d+)/.exec(message)?.[1];
    const line = offset === undefined ? '' : `:${text.slice(0, Number(offset)).split('\n').length}`;
    const problem = `it is not JSON (${oneLine(message)})`;
    return refuseAt(`${file}${line}`, problem, 'correct it; names and texts need double quotes');
  }
}

function readEntry(entry: unknown, place: string, rules: readonly string[]): AcceptedEntry {
  const fields = readObject(entry, place, FIELDS);
  const { rule, object, until } = fields;
  if (typeof rule !== 'string' || !rules.includes(rule)) {
    const hint = typeof rule === 'string' ? didYouMean(rule, rules) : '';
    refuseAt(`${place}.rule`, `${shown(rule)} is no rule${hint}`, 'name a rule of docs/audit-rules.md');
  }
  const reason = typeof fields['reason'] === 'string' ? fields['reason'].trim() : '';
  if (reason === '') {
    const problem = `it is not said why "${rule}" is accepted`;
    refuseAt(`${place}.reason`, problem, 'write why the finding is meant, or harmless');
  }
  if (until !== undefined && !isDate(until)) {
    refuseAt(`${place}.until`, `${shown(until)} is no date`, 'write a day as YYYY-MM-DD, such as 2027-01-31');
  }
  return { rule, object: readNamed(object, `${place}.object`), reason, ...(until !== undefined && { until }) };
}

function readNamed(object: unknown, place: string): string | ObjectParts {
  if (typeof object === 'string' && object !== '') return object;
  if (typeof object !== 'object') {
    refuseAt(place, `${shown(object)} names no object`, 'copy `object` of the finding from the report');
  }
  const parts = readObject(object, place, PARTS);
  for (const part of ['kind', 'name'] as const) {
    if (parts[part] === undefined) refuseAt(`${place}.${part}`, 'it is missing', 'copy the parts of the JSON report');
  }
  for (const [part, value] of Object.entries(parts)) {
    if (part === 'arguments' ? !isTexts(value) : typeof value !== 'string') {
      const expected = part === 'arguments' ? 'a list of texts' : 'a text';
      refuseAt(`${place}.${part}`, `${shown(value)} is not ${expected}`, 'copy the parts of the JSON report');
    }
  }
  return parts as unknown as ObjectParts;
}

/** A misspelt `until` must not accept a finding for good. */
function readObject(value: unknown, place: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuseAt(place, `${shown(value)} is not an object`, `write { "${known[0]}": …, "${known[1]}": … }`);
  }
  for (const field of Object.keys(value)) {
    if (known.includes(field)) continue;
    refuseAt(`${place}.${field}`, `it is not known${didYouMean(field, known)}`, `use ${known.join(', ')}`);
  }
  return value as Record<string, unknown>;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** Tests for a day that the calendar has: JavaScript would take 2027-02-30 as a day in March. */
function isDate(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

function refuseAt(place: string, problem: string, fix: string): never {
  refuse('invalid_accepted', place, problem, fix);
}

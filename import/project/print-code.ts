import { escapeUnseen } from '../../errors/visible.ts';

/** A call in the printed code, such as `ownRows({...})`. */
export interface Call {
  readonly call: string;
  readonly argument: unknown;
}

/** Code that stands as it is, such as a template text. */
export interface Code {
  readonly code: string;
}

const WIDTH = 120;

/** A value as TypeScript, laid out as prettier would. */
export function printCode(value: unknown, indent = 0, before = 0): string {
  const short = oneLine(value);
  // A comma or semicolon may follow.
  if (!short.includes('\n') && indent + before + short.length + 1 <= WIDTH) return short;
  if (isCode(value)) return value.code;
  if (isCall(value)) return `${value.call}(${printCode(value.argument, indent, before + value.call.length + 1)})`;
  const inner = indent + 2;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object')) return filled(value, indent);
    return `[\n${value.map((item) => `${pad(inner)}${printCode(item, inner)},\n`).join('')}${pad(indent)}]`;
  }
  if (typeof value !== 'object' || value === null) return short;
  const members = entriesOf(value).map(([name, member]) => {
    const key = keyOf(name);
    return `${pad(inner)}${key}: ${printCode(member, inner, key.length + 2)},\n`;
  });
  return `{\n${members.join('')}${pad(indent)}}`;
}

/** Names and numbers, one a line. */
function filled(items: readonly unknown[], indent: number): string {
  const inner = indent + 2;
  return `[\n${items.map((item) => `${pad(inner)}${oneLine(item)},\n`).join('')}${pad(indent)}]`;
}

function oneLine(value: unknown): string {
  if (isCode(value)) return value.code;
  if (isCall(value)) return `${value.call}(${oneLine(value.argument)})`;
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const members = entriesOf(value).map(([name, member]) => `${keyOf(name)}: ${oneLine(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function quoted(text: string): string {
  const escaped = escapeUnseen(JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"'));
  return text.includes("'") && !text.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

function keyOf(name: string): string {
  // A plain key would set the prototype.
  if (name === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function pad(columns: number): string {
  return ' '.repeat(columns);
}

function isCall(value: unknown): value is Call {
  return typeof value === 'object' && value !== null && 'call' in value && 'argument' in value;
}

function isCode(value: unknown): value is Code {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'code';
}

import { visible } from '../../errors/visible.ts';
import type { ConditionPart, Explanation, PolicyOfRow, RowAnswer, Step } from './explanation.ts';

const RESULTS: Readonly<Record<Explanation['result'], string>> = {
  refused: 'rejected',
  nothing: 'no row',
  some: 'not every row',
  all: 'passes',
};

const OUTCOMES: Readonly<Record<Step['outcome'], string>> = { passed: 'yes', decided: 'no ', unknown: '?  ' };

/** An explanation for a terminal: the answer first, then the way to it. */
export function whyText({ request, role, result, code, steps, decided, rows, notes }: Explanation): string {
  const who = role === undefined ? '' : ` as ${role}`;
  const lines = [
    `${request}${who}: ${RESULTS[result]}${code === undefined ? '' : ` (${code})`}`,
    ...(decided ? [`why: ${decided.words}`] : []),
    ...(decided?.fix ? [`fix: ${decided.fix.text}`] : []),
    '',
    ...steps.map((step) => `  ${OUTCOMES[step.outcome]} ${step.stage}: ${step === decided ? 'see above' : step.words}`),
    ...(rows.length > 0 ? ['', ...rows.flatMap(rowLines)] : []),
    ...(notes.length > 0 ? ['', ...notes.map((note) => `note: ${note}`)] : []),
  ];
  return lines.map(visible).join('\n');
}

function rowLines({ table, path, key, outcome, policies }: RowAnswer): string[] {
  const names = Object.entries(key).map(([name, value]) => `${name} = ${value ?? 'NULL'}`);
  const as = path === undefined ? '' : `, embedded as ${path}`;
  return [`  ${table} (${names.join(', ')})${as}: ${outcome}`, ...policies.flatMap(policyLines)];
}

function policyLines({ name, mode, command, clause, condition }: PolicyOfRow): string[] {
  const head = `    ${mode} policy "${name}" for ${command}, ${clause}: ${condition.truth}`;
  return [head, ...partLines(condition, 6)];
}

/** A condition that is joined of others stands as its parts. */
function partLines(part: ConditionPart, indent: number): string[] {
  const { words, truth, because, join, parts } = part;
  const space = ' '.repeat(indent);
  if (!join) return [`${space}${truth}: ${words}${because === '' ? '' : ` (${because})`}`];
  return [
    `${space}${join === 'and' ? 'all of' : 'one of'}: ${truth}`,
    ...parts.flatMap((inner) => partLines(inner, indent + 2)),
  ];
}

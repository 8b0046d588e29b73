import { groupBy } from '../../../audit/group-by.ts';
import { visible } from '../../../errors/visible.ts';
import { changeLine, diffSummary, rowWords } from '../../report/diff-words.ts';
import type { Proof } from '../prove.ts';
import type { Counterexample, Judgement } from '../verdict.ts';
import { byTable, totals, type TableVerdict } from './proof-summary.ts';

/** A proof for a terminal: a line for each table and property, counterexamples, pieces that are not modelled, and totals. */
export function proofText(proof: Proof): string {
  const tables = groupBy(byTable(proof.judgements), ({ schema, table }) => `${schema}.${table}`);
  const blocks = [...tables].map(([name, verdicts]) =>
    [visible(name), ...verdicts.flatMap((one) => lines(one, proof))].join('\n'),
  );
  const more = [revocationBlock, declaredBlock, administratorsBlock, attackBlock].flatMap((block) => block(proof));
  return `${[...blocks, ...more, summary(proof)].join('\n\n')}\n`;
}

function lines(verdict: TableVerdict, proof: Proof): string[] {
  const open = verdict.judgements.filter((judgement) => judgement.verdict.status !== 'proven');
  return [
    `  ${verdict.property.padEnd(26)} ${shown(verdict.status, proof)}`,
    ...open.flatMap((judgement) => [
      `    ${visible(judgement.role)}, ${judgement.command}: ${visible(judgement.property.words)}`,
      ...details(judgement).map((line) => `      ${line}`),
    ]),
  ];
}

function shown(status: TableVerdict['status'], { replayed }: Proof): string {
  return status === 'leak' && !replayed ? 'leak, not replayed' : status;
}

function details({ verdict, property }: Judgement): string[] {
  switch (verdict.status) {
    case 'proven':
      return [];
    case 'not modelled':
      return verdict.pieces.map(visible);
    case 'leak':
      return [`only: ${visible(property.only)}`, ...counterexampleLines(verdict.counterexample)];
  }
}

function counterexampleLines({ role, claims, rows, request }: Counterexample): string[] {
  const json = (value: unknown) => visible(JSON.stringify(value));
  return [
    `token: ${visible(role)} ${json(claims)}`,
    ...rows.map(({ schema, name, values }) => `row of ${visible(`${schema}.${name}`)}: ${json(values)}`),
    `request: ${request.command} by ${request.way} ${visible(`${request.schema}.${request.name}`)}`,
    ...(request.row
      ? [
          `  of the row ${request.of ? `of ${visible(`${request.of.schema}.${request.of.name}`)} ` : ''}${json(request.row)}`,
        ]
      : []),
    ...(request.written ? [`  that writes ${json(request.written)}`] : []),
    ...(request.arguments ? [`  with the arguments ${json(request.arguments)}`] : []),
  ];
}

function revocationBlock({ revocation }: Proof): string[] {
  if (!revocation) return [];
  const pieces = revocation.status === 'not modelled' ? revocation.pieces.map((piece) => `    ${visible(piece)}`) : [];
  return [[`revoked subjects reach nothing: ${revocation.status}`, ...pieces].join('\n')];
}

function declaredBlock({ asDeclared }: Proof): string[] {
  if (!asDeclared) return [];
  const changes = asDeclared.changes.flatMap((change) => [
    `  ${change.grade}: ${visible(changeLine(change))}`,
    ...rowWords(change).map(({ words }) => `    ${visible(words)}`),
  ]);
  return [[`compared with the declaration: ${diffSummary(asDeclared)}`, ...changes].join('\n')];
}

function administratorsBlock({ administrators }: Proof): string[] {
  if (administrators.length === 0) return [];
  const roles = [...new Set(administrators.map(({ role }) => role))];
  const words = roles.map((role) => {
    const of = administrators.filter((one) => one.role === role);
    return `  ${visible(role)}: ${of.map(({ relation, commands }) => `${visible(relation.name)} (${commands.join(', ')})`).join(', ')}`;
  });
  return [['declared for all rows, within what restrictive policies leave:', ...words].join('\n')];
}

function attackBlock({ attack }: Proof): string[] {
  if (!attack) return [];
  const { requests, served, rows, judgements, seconds, contradictions } = attack;
  const line = `attacked ${judgements} proven with ${requests} requests (${served} served) on ${rows} rows in ${seconds.toFixed(0)} s`;
  if (contradictions.length === 0) return [`${line}: nothing found`];
  const found = contradictions.flatMap(({ property, counterexample }) => [
    `  the proof is wrong: ${visible(property.words)}`,
    ...counterexampleLines(counterexample).map((detail) => `    ${detail}`),
  ]);
  return [[`${line}:`, ...found].join('\n')];
}

/** One line with the totals. */
export function summary({ judgements, milliseconds }: Proof): string {
  const { proven, leak, 'not modelled': open } = totals(judgements);
  const seconds = (milliseconds / 1000).toFixed(1);
  return `${proven} of ${judgements.length} proven, ${leak} ${leak === 1 ? 'leak' : 'leaks'}, ${open} not modelled, in ${seconds} s`;
}

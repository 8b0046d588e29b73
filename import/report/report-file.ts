import { REASONS, type Note, type NoteKind, type ReasonName } from './notes.ts';

/** What a report says of the differences between the two databases. */
export interface ComparedAccess {
  /** Cells of the matrix that were compared. */
  readonly compared: number;
  readonly explained: readonly string[];
  readonly unexplained: readonly string[];
}

const HEADINGS: Readonly<Record<NoteKind, string>> = {
  decision: 'What you decide',
  different: 'Different on purpose',
  taken: 'Taken over',
};

/** The text of `IMPORT.md`. */
export function reportFile(name: string, source: string, notes: readonly Note[], access: ComparedAccess): string {
  const sections = (['decision', 'different', 'taken'] as const).flatMap((kind) => section(kind, notes));
  return `${[`# Import of ${source}`, '', ...introduction(name, access), ...sections].join('\n').trimEnd()}\n`;
}

function introduction(name: string, { compared, explained, unexplained }: ComparedAccess): string[] {
  const same = compared - explained.length - unexplained.length;
  return [
    `\`declaration.ts\` declares \`${name}\`. Both databases were measured: who reaches which rows with which command.`,
    `Of ${compared} cells ${same} are the same, ${explained.length} differ as explained below, and ${unexplained.length} differ without an explanation.`,
    '',
    ...list('Not explained', unexplained),
    ...list('Explained', explained),
  ];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines.map((line) => `- ${line}`), ''];
}

function section(kind: NoteKind, notes: readonly Note[]): string[] {
  const reasons = Object.keys(REASONS) as ReasonName[];
  const parts = reasons
    .filter((reason) => REASONS[reason].kind === kind)
    .map((reason) => ({ reason, found: notes.filter((note) => note.reason === reason) }))
    .filter(({ found }) => found.length > 0)
    .flatMap(({ reason, found }) => [
      `### ${REASONS[reason].title}`,
      '',
      REASONS[reason].why,
      '',
      ...new Set(found.map(({ object, detail }) => `- \`${object}\`${detail === undefined ? '' : `: ${detail}`}`)),
      '',
    ]);
  return parts.length === 0 ? [] : [`## ${HEADINGS[kind]}`, '', ...parts];
}

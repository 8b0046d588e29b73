import { codeSpan, plainText } from './code-span.ts';
import { REASONS, type Note, type NoteKind, type ReasonName } from './notes.ts';

/** Result of the comparison of the two databases. */
export interface ComparedAccess {
  /** Cells of the matrix that were compared. */
  readonly compared: number;
  /** Cells in which a request that reached no row is refused now. */
  readonly refused: number;
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
  return `${[`# Import of ${plainText(source)}`, '', ...introduction(name, access), ...sections].join('\n').trimEnd()}\n`;
}

function introduction(name: string, { compared, refused, explained, unexplained }: ComparedAccess): string[] {
  if (compared === 0) {
    return [`\`declaration.ts\` declares \`${name}\`.`, '', ...list('The databases were not compared', unexplained)];
  }
  const same = compared - refused - explained.length - unexplained.length;
  return [
    `\`declaration.ts\` declares \`${name}\`. Both databases were measured with the same rows: for each table and view, which rows`,
    `each role reaches with each command, and for each function, which roles may call it. Of ${compared} cells`,
    '',
    `- ${same} are the same;`,
    `- ${refused} reached no row, and are refused now;`,
    `- ${explained.length} differ as a decision below explains;`,
    `- ${unexplained.length} differ without an explanation.`,
    '',
    ...list('Differences without an explanation', unexplained),
    ...list('Explained differences', explained),
  ];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines.map((line) => `- ${plainText(line)}`), ''];
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
      ...new Set(
        found.map(
          ({ object, detail }) => `- ${codeSpan(object)}${detail === undefined ? '' : `: ${plainText(detail)}`}`,
        ),
      ),
      '',
    ]);
  return parts.length === 0 ? [] : [`## ${HEADINGS[kind]}`, '', ...parts];
}

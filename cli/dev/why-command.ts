import type { AnsweredRequest } from '../../access/why/declared/answered-request.ts';
import { shellWord } from '../../errors/shell-word.ts';

/** Claims of the tokens of each role, and the file of the declaration. */
export interface WhySubject {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly declarationFile: string;
  readonly anonymous: string | undefined;
}

/** The command that explains a request with each policy and row. The log has no token: it is one of the role, with sample claims. */
export function whyCommand(
  { role, method, target }: AnsweredRequest,
  { claims, declarationFile, anonymous }: WhySubject,
): string {
  const isKnown = role !== undefined && role !== anonymous;
  const words = [
    isKnown ? role : 'none',
    `${method} ${target}`,
    ...(isKnown && Object.keys(claims).length > 0 ? ['--claims', JSON.stringify(claims)] : []),
    ...(['POST', 'PUT', 'PATCH'].includes(method) ? ['--data', '<body>'] : []),
    '--declaration',
    declarationFile,
  ];
  return `access why ${words.map(shellWord).join(' ')}`;
}

import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { TokenAnswers } from './token-answers.ts';

/** A function that checks each request. */
export interface PreRequest extends QualifiedName {
  /** True for the one that this package makes. */
  readonly isOwn: boolean;
}

/** A database whose access is compared. */
export interface DiffSide {
  /** Name, as the user gave it. */
  readonly name: string;
  readonly anywhere: Anywhere;
  /** Function that PostgREST calls before each request. @default none */
  readonly preRequest?: PreRequest | undefined;
  /** Asks that function about tokens, where it differs. @default none: its text is compared alone */
  readonly answers?: (() => Promise<TokenAnswers>) | undefined;
}

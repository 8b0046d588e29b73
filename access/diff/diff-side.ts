import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';

/** A database whose access is compared. */
export interface DiffSide {
  /** Name, as the user gave it. */
  readonly name: string;
  readonly anywhere: Anywhere;
  /** Function that PostgREST calls before each request. @default none */
  readonly preRequest?: QualifiedName | undefined;
}

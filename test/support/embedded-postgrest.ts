import { postgrestBinary } from '../../ephemeral/postgrest-binary.ts';
import { majorOf, tokenAnswers } from './answers.ts';

/** Version of the PostgREST that embedded environments run, such as `12.0.2`. */
export const { version } = await postgrestBinary();

/** Its answers to tokens. */
export const answers = tokenAnswers(version);

/** Chooses what its version does: 12, or 13 and later. */
export const since13 = <T, U = T>(before: T, after: U): T | U => (majorOf(version) < 13 ? before : after);

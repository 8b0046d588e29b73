import { postgrestBinary } from '../../testing/servers/postgrest-binary.ts';
import { majorOf, tokenAnswers } from './answers.ts';

/** Version of the PostgREST that embedded environments run, such as `12.0.2`. */
export const { version } = await postgrestBinary();

/** Its answers to tokens. */
export const answers = tokenAnswers(version);

/** Chooses what its version does: before a major version, or from that on. */
const since =
  (major: number) =>
  <T, U = T>(before: T, after: U): T | U =>
    majorOf(version) < major ? before : after;

export const since13 = since(13);
export const since16 = since(16);

/** Settings of a server whose errors give their reasons, as all do before 16. */
export const verboseErrors = since16({}, { 'client-error-verbosity': 'verbose' });

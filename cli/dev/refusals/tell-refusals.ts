import type { Declaration } from '../../../declaration/types.ts';
import type { EphemeralPostgrest } from '../../../testing/index.ts';
import { newLines } from './new-lines.ts';
import { refusalLines } from './refusal-lines.ts';

const EVERY_MS = 300;

/** The command that has the database answer: the logs hold neither claims nor rows. */
const MORE =
  "each policy and row: DATABASE_URL=<database, as its admin> secured-postgrest access why <token> '<method> <path>'";

/**
 * Prints each rejected request with the reason, as the logs of an environment grow. A rejection that was printed is not printed
 * again until the environment has changed: a page that polls would hide all else. The first one is followed by the command
 * that explains more.
 */
export function tellRefusals(environment: EphemeralPostgrest): { stop(): void } {
  const lines = { postgres: newLines(), postgrest: newLines() };
  let printed = new Set<string>();
  let declaration: Declaration | undefined;
  let hasTold = false;
  const tell = () => {
    if (declaration !== environment.declaration) {
      declaration = environment.declaration;
      printed = new Set();
    }
    const { postgres, postgrest } = environment.logs();
    const logged = { postgres: lines.postgres(postgres), postgrest: lines.postgrest(postgrest) };
    for (const text of refusalLines(declaration, logged)) {
      if (!printed.has(text)) console.log(text);
      printed.add(text);
      if (!hasTold) console.log(MORE);
      hasTold = true;
    }
  };
  const timer = setInterval(tell, EVERY_MS).unref();
  return {
    stop() {
      clearInterval(timer);
      tell();
    },
  };
}

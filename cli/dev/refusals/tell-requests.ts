import { requestSubjects } from '../../../access/subjects.ts';
import type { AnsweredRequest } from '../../../access/why/declared/answered-request.ts';
import type { Declaration } from '../../../declaration/types.ts';
import { visible } from '../../../errors/visible.ts';
import type { EphemeralPostgrest } from '../../../testing/index.ts';
import { ownCommand } from '../../own-command.ts';
import { hiddenTeller } from '../hidden/tell-hidden.ts';
import { whyCommand } from '../why-command.ts';
import { readAccessLine } from './access-line.ts';
import { withKnownRole } from './known-role.ts';
import { newLines } from './new-lines.ts';
import { refusalsIn } from './refusals-in.ts';

const EVERY_MS = 300;

const MORE = '`access why` asks this database: export DATABASE_URL=<database, as its admin>';

export interface TellOptions {
  readonly declarationFile: string;
  /** Claims beside the sample claims, or in their place. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Names policies that hide rows from reads, too. */
  readonly hiddenRows: boolean;
}

/**
 * Prints each rejected request with the reason, and which policies hide rows, as the logs of an environment grow. What was printed
 * is not printed again until the environment has changed: a page that polls would hide all else. The command that explains
 * more follows each.
 */
export function tellRequests(
  environment: EphemeralPostgrest,
  { declarationFile, claims, hiddenRows }: TellOptions,
): { stop(): void } {
  const lines = { postgres: newLines(), postgrest: newLines() };
  let printed = new Set<string>();
  let declaration: Declaration | undefined;
  let hasTold = false;
  const claimsOf = (role: string) => ({ ...requestSubjects(environment.declaration)[role]?.claims, ...claims });
  const print = (text: string, request: AnsweredRequest) => {
    if (printed.has(text)) return;
    printed.add(text);
    console.log(text);
    // `token verify` explains a rejected token.
    if (request.role === undefined) return;
    const subject = {
      claims: claimsOf(request.role),
      declarationFile,
      anonymous: environment.declaration.anonymous?.name,
    };
    console.log(visible(`  more: ${ownCommand()} ${whyCommand(request, subject)}`));
    if (!hasTold) console.log(MORE);
    hasTold = true;
  };
  const hidden = hiddenRows
    ? hiddenTeller(environment, claimsOf, (line, request) => print(visible(line), request))
    : undefined;
  const tell = () => {
    if (declaration !== environment.declaration) {
      declaration = environment.declaration;
      printed = new Set();
      hidden?.changed();
    }
    const { postgres, postgrest } = environment.logs();
    const logged = { postgres: lines.postgres(postgres), postgrest: lines.postgrest(postgrest) };
    for (const { text, request } of refusalsIn(declaration, logged)) print(text, request);
    for (const line of hidden ? logged.postgrest : []) {
      const request = readAccessLine(line);
      if (request) hidden?.look(withKnownRole(request, declaration));
    }
  };
  const timer = setInterval(tell, EVERY_MS).unref();
  return {
    stop() {
      clearInterval(timer);
      hidden?.stop();
      tell();
    },
  };
}

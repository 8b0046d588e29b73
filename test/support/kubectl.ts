import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** A text that begins with `error: ` makes the command fail with it. */
type Answer = string | object;

/** What a `kubectl` prints for a command that contains a text, where the first pair counts; of a list, one after the other. */
export type Answers = readonly (readonly [part: string, answer: Answer | readonly Answer[]])[];

/** A `kubectl` on the PATH, of a cluster that answers thus. */
export function provideKubectl(answers: Answers): void {
  const directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const cases = answers.map(([part, answer], n) => {
    [answer].flat().forEach((one, turn) => {
      const text = typeof one === 'string' ? one : JSON.stringify(one);
      writeFileSync(join(directory, `${n}.${turn}`), text);
    });
    return `*"${part}"*) answer ${n} ;;`;
  });
  const script = `#!/bin/sh
answer() {
  set -- '${directory}'/"$1".*
  text=$(cat "$1")
  if [ $# -gt 1 ]; then rm "$1"; fi
  case "$text" in "error: "*) printf '%s' "$text" >&2; exit 1 ;; *) printf '%s' "$text" ;; esac
}
case "$*" in
${cases.join('\n')}
*) echo "error: not expected: $*" >&2; exit 1 ;;
esac
`;
  writeFileSync(join(directory, 'kubectl'), script, { mode: 0o755 });
  vi.stubEnv('PATH', [directory, process.env['PATH']].join(delimiter));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });
}

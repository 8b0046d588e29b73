import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished, vi } from 'vitest';

/** What a `kubectl` prints for the first command that contains a text; a text that begins with `error: ` makes it fail with it. */
export type Answers = readonly (readonly [part: string, answer: string | object])[];

/** A `kubectl` on the PATH, of a cluster that answers thus. */
export function provideKubectl(answers: Answers): void {
  const directory = mkdtempSync(join(tmpdir(), 'kubectl-'));
  const cases = answers.map(([part, answer], n) => {
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    writeFileSync(join(directory, String(n)), text);
    const prints = text.startsWith('error: ') ? `cat '${directory}/${n}' >&2; exit 1` : `cat '${directory}/${n}'`;
    return `*"${part}"*) ${prints} ;;`;
  });
  const script = `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\n*) echo "error: not expected: $*" >&2; exit 1 ;;\nesac\n`;
  writeFileSync(join(directory, 'kubectl'), script, { mode: 0o755 });
  vi.stubEnv('PATH', [directory, process.env['PATH']].join(delimiter));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true });
  });
}

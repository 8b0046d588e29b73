import { execFileSync } from 'node:child_process';
import { Token } from 'cdktf';
import { describe, expect, it } from 'vitest';
import { cliProvisioner } from '../../../../constructs/synth/cli-command.ts';

describe('cliProvisioner', () => {
  it.each([['plain'], ['with space'], ["it's; $(false) `false` & \\"], ['"quoted"'], ['']])('passes %j on', (word) => {
    const { type, command, interpreter } = cliProvisioner('apply', '--declaration', word);
    expect(type).toBe('local-exec');
    const echo = command.replace(
      /^.*main\.ts'? apply/,
      `'${process.execPath}' -p 'JSON.stringify([process.ppid, ...process.argv.slice(1)])' --`,
    );
    const [shell, ...options] = interpreter!;
    const printed = execFileSync(shell!, [...options, echo], { encoding: 'utf8' });
    // In the place of the shell: its parent is this process.
    expect(JSON.parse(printed)).toEqual([process.pid, '--declaration', word]);
  });

  it.each([
    ['${path.cwd}', "'$${path.cwd}'"],
    ['a %{if true}b', "'a %%{if true}b'"],
    ['$x %y $$ {', "'$x %y $$ {'"],
  ])('passes %s on, which Terraform does not fill in', (word, written) => {
    expect(cliProvisioner('wait', '--hide', word).command).toContain(` wait --hide ${written}`);
  });

  it('leaves a reference to another resource to Terraform', () => {
    const reference = '${aws_db_instance.main.address}';
    const token = Token.asString({ resolve: () => reference });
    expect(cliProvisioner('wait', '--host', token).command).toContain(` wait --host '${token}'`);
  });
});

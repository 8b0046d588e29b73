import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cliProvisioner } from '../../../../constructs/synth/cli-command.ts';

describe('cliProvisioner', () => {
  it.each([['plain'], ['with space'], ["it's; $(false) `false` & \\"], ['"quoted"'], ['']])('passes %j on', (word) => {
    const { type, command } = cliProvisioner('apply', '--declaration', word);
    expect(type).toBe('local-exec');
    const echo = command.replace(/^.*main\.ts'? apply/, `'${process.execPath}' -p 'JSON.stringify(process.argv)' --`);
    const words = JSON.parse(execFileSync('/bin/sh', ['-c', echo], { encoding: 'utf8' })) as string[];
    expect(words.slice(1)).toEqual(['--declaration', word]);
  });
});

import { describe, expect, it } from 'vitest';
import { knownOptions } from '../../../../scripts/deploy/known-options.mjs';

const auto = '--auto-approve';
const none = { skipProviderLock: false, noColor: false };

describe('knownOptions', () => {
  it.each([
    ['the approval', [auto], {}, none],
    ['the lock', [auto, '--skip-provider-lock'], {}, { ...none, skipProviderLock: true }],
    ['colors', [auto, '--no-color'], {}, { ...none, noColor: true }],
    ['a variable for colors', [auto], { FORCE_COLOR: '0' }, { ...none, noColor: true }],
    ['a variable that changes no option', [auto], { CDKTF_HOME: '/tmp' }, none],
  ])('knows %s', (_, flags, env, expected) => {
    expect(knownOptions(flags, env)).toEqual(expected);
  });

  it.each([
    ['a question', [], {}],
    ['another option', [auto, '--parallelism', '1'], {}],
    ['the value of an option', [`${auto}=false`], {}],
    ['an option in the environment', [auto], { CDKTF_OUTPUT: 'out' }],
    ['configurations that are no JSON', [auto], { SYNTH_HCL_OUTPUT: 'true' }],
    ["another place of Terraform's files", [auto], { TF_DATA_DIR: '/tmp' }],
  ])('leaves %s to the CLI', (_, flags, env) => {
    expect(knownOptions(flags, env)).toBeUndefined();
  });
});

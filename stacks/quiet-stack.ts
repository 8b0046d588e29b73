import { TerraformStack } from '../constructs/synth/cdk/core.ts';

/** The metadata from which cdktf knows which outputs to print. */
interface Synthesized {
  readonly '//'?: { readonly outputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
}

/** A stack whose outputs for other stacks are not printed: each would be a line with `<sensitive>`. */
export class QuietStack extends TerraformStack {
  override toTerraform(): unknown {
    const synthesized = super.toTerraform() as Synthesized;
    const { outputs } = synthesized['//'] ?? {};
    if (outputs === undefined) return synthesized;
    const shown = Object.fromEntries(
      Object.entries(outputs).map(([stack, all]) => [
        stack,
        Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('cross-stack-output-'))),
      ]),
    );
    return { ...synthesized, '//': { ...synthesized['//'], outputs: shown } };
  }
}

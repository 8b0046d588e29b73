import { deployObstacle } from './deploy-obstacle.ts';
import { BenchDeployment } from './bench-deployment.ts';
import { measure, timed } from './measure.ts';
import { type Figures, type Outcome } from './report.ts';
import { summarize } from './statistics.ts';

/** Deploys of the to-do list, and what of them is cdktf's CLI: Terraform on the same stacks is the floor. */
export async function benchTodos(figures: Figures): Promise<Outcome> {
  const reason = await deployObstacle();
  if (reason !== undefined) return { targets: [], skipped: reason };
  const few = { times: 3, limitMs: 15_000 };
  const deployment = await BenchDeployment.create();
  try {
    const once = async (name: string, work: () => Promise<unknown>, options: { against?: string } = {}) =>
      figures.add(name, summarize([await timed(work)]), options);
    figures.add('cdktf --version', await measure(few, () => deployment.cdktf('--version')));
    figures.add('the app alone', await measure(few, () => deployment.synth()));
    figures.add('cdktf synth', await measure(few, () => deployment.cdktf('synth')), { against: 'the app alone' });

    await once('fresh: terraform alone', () => deployment.applyWithTerraform());
    const noOp = await measure(few, () => deployment.applyWithTerraform());
    figures.add('nothing to do: terraform alone', noOp);
    await deployment.destroyWithTerraform();

    await once('fresh: cdktf deploy', () => deployment.deploy(), { against: 'fresh: terraform alone' });
    const deploy = await measure(few, () => deployment.deploy());
    figures.add('nothing to do: cdktf deploy', deploy, { against: 'nothing to do: terraform alone' });
    for (const kind of ['fresh', 'nothing to do']) {
      const share = figures.of('cdktf --version').median / figures.of(`${kind}: cdktf deploy`).median;
      figures.add(`${kind}: of this the start of the CLI`, summarize([100 * share]), { unit: '%' });
    }
  } finally {
    deployment.remove();
  }
  return { targets: [] };
}

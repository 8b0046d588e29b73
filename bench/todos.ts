import { deployObstacle } from './deploy-obstacle.ts';
import { BenchDeployment } from './bench-deployment.ts';
import { timed } from './measure.ts';
import { type Figures, type Outcome, type Target } from './report.ts';
import { summarize } from './statistics.ts';

const FRESH_ROUNDS = 3;
const ROUNDS = 5;

/** How many times as long as Terraform alone a deploy may take. */
const LIMITS = { fresh: 1.2, 'nothing to do': 1.3 };

/** Deploys of the to-do list with `npm run deploy`, against Terraform alone on the same stacks, in turn. */
export async function benchTodos(figures: Figures): Promise<Outcome> {
  const reason = await deployObstacle();
  if (reason !== undefined) return { targets: [], skipped: reason };
  const deployment = await BenchDeployment.create();
  try {
    const terraform = () => deployment.applyWithTerraform();
    const deploy = () => deployment.deploy();
    // Secrets are made once.
    await deployment.synth();
    await inTurn(figures, 'fresh', FRESH_ROUNDS, {
      'terraform alone': { setUp: () => deployment.synth(), work: terraform, tearDown: () => destroy(deployment) },
      'npm run deploy': { work: deploy, tearDown: () => destroy(deployment) },
    });
    await deploy();
    await inTurn(figures, 'nothing to do', ROUNDS, {
      'terraform alone': { work: terraform },
      'npm run deploy': { work: deploy },
      'cdktf deploy': { work: () => deployment.deployWithCli() },
      'the app alone': { work: () => deployment.synth() },
    });
  } finally {
    deployment.remove();
  }
  return { targets: Object.entries(LIMITS).map(([kind, limit]) => targetOf(figures, kind, limit)) };
}

/** The measured part, without `setUp` and `tearDown`. */
interface Turn {
  readonly setUp?: () => Promise<void>;
  readonly work: () => Promise<void>;
  readonly tearDown?: () => Promise<void>;
}

/** Adds a figure for each turn; the first is what the others are compared with. */
async function inTurn(figures: Figures, kind: string, rounds: number, turns: Record<string, Turn>): Promise<void> {
  const times: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, { setUp, work, tearDown }] of Object.entries(turns)) {
      await setUp?.();
      (times[name] ??= []).push(await timed(work));
      await tearDown?.();
    }
  }
  const [floor] = Object.keys(turns);
  for (const [name, values] of Object.entries(times)) {
    const against = name === floor ? {} : { against: `${kind}: ${floor}` };
    figures.add(`${kind}: ${name}`, summarize(values), against);
  }
}

async function destroy(deployment: BenchDeployment): Promise<void> {
  await deployment.destroyWithTerraform();
  deployment.forget();
}

function targetOf(figures: Figures, kind: string, limit: number): Target {
  const of = (name: string) => figures.of(`${kind}: ${name}`).median;
  const value = of('npm run deploy') / of('terraform alone');
  return { name: `${kind}: npm run deploy against terraform alone`, value, limit, unit: 'x' };
}

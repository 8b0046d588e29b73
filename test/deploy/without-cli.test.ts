import { existsSync, readdirSync, readFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTofuObstacle } from '../../scripts/requirements.mjs';
import { needs } from '../support/needs.ts';
import { PlainProject } from '../support/plain-project.ts';

let project: PlainProject;

beforeEach(() => {
  project = new PlainProject();
  project.declare({ first: { one: 'echo first runs' }, second: { two: 'echo second runs', three: 'true' } });
});

afterEach(() => project.remove());

/** The outputs of all stacks, at the end. */
const outputsIn = (output: string) => output.slice(output.lastIndexOf('\n  first\n')).trimEnd();

/** Command lines of processes of this machine that contain a text. */
function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return ''; // it has ended meanwhile
      }
    })
    .filter((line) => line.includes(text));
}

describe('npm run deploy -- --auto-approve, without the CLI', () => {
  it('deploys the stacks one after the other, and the CLI then finds no changes, with the same outputs', async () => {
    const run = await project.deploy();
    expect(run.status, run.output).toBe(0);
    expect(run.output).toMatch(/^first {2}[^]*\bone: Creating\.\.\.[^]*^second {2}[^]*\btwo: Creating\.\.\./m);
    const byCli = await project.deployWithCli();
    expect(byCli.output.match(/No changes\./g), byCli.output).toHaveLength(2);
    expect(outputsIn(run.output)).toBe(outputsIn(byCli.output));
    expect(outputsIn(run.output)).toMatch(/^\n {2}first\n {2}names = \[\n {4}"one"\n {2}\]\n/);
  });

  it('initializes a stack once, and again when Terraform has lost what it had', async () => {
    expect((await project.deploy()).output).toContain('Initializing the backend');
    const { status, output } = await project.deploy();
    expect(status).toBe(0);
    expect(output.match(/No changes\./g)).toHaveLength(2);
    expect(output).not.toContain('Initializing');
    const changed = await project.deploy([], { BACKEND: JSON.stringify({ local: { path: 'elsewhere.tfstate' } }) });
    expect(changed.output).toContain('Backend configuration changed');
    expect(changed.output).toContain('Error: terraform init failed with exit code 1');
    expect(changed.status).toBe(1);
  });

  it('deploys with OpenTofu, and initializes again when the program is another one', async (context) => {
    needs(context, openTofuObstacle());
    const env = { TERRAFORM_BINARY_NAME: 'tofu' };
    expect((await project.deploy([], env)).output).toContain('OpenTofu has been successfully initialized!');
    const again = await project.deploy([], env);
    expect(again.output.match(/No changes\./g), again.output).toHaveLength(2);
    expect(again.output).not.toContain('Initializing');
    expect((await project.deploy()).output).toContain('Terraform has been successfully initialized!');
  });

  it('destroys the last stack first', async () => {
    await project.deploy();
    const { status, output } = await project.destroy();
    expect(status, output).toBe(0);
    expect(output).toMatch(/\btwo: Destroying[^]*\bone: Destroying/);
    expect(project.resources('first')).toEqual([]);
  });

  it('ends with the words of the CLI where a stack fails, and leaves the next stack alone', async () => {
    project.declare({ first: { one: 'echo reason; exit 3' }, second: { two: 'true' } });
    const { status, output } = await project.deploy();
    expect(status).toBe(1);
    expect(output).toContain('reason');
    expect(output).toMatch(/Invoking Terraform CLI failed with exit code 1\n$/);
    expect(output).not.toContain('two: Creating');
  });

  it('ends before Terraform where the app fails, or an annotation is an error', async () => {
    const failed = await project.deploy([], { FAIL: 'no declaration' });
    expect(failed.status).toBe(1);
    expect(failed.output).toContain('no declaration');
    expect(failed.output).toContain('cdktf encountered an error while synthesizing');
    const annotated = await project.deploy([], { ANNOTATE: 'wrong' });
    expect(annotated.status).toBe(1);
    expect(annotated.output).toContain('ERROR [first]: wrong');
    expect(project.files.filter((file) => file.includes('tfstate'))).toEqual([]);
    expect(project.files.filter((file) => file.startsWith('cdktf.out-'))).toEqual([]);
  });

  it('deploys many at once in one directory: none reads a file that another one has half written', async () => {
    await project.deploy();
    const runs = await Promise.all(Array.from({ length: 4 }, () => project.deploy()));
    for (const { status, output } of runs) expect(status, output).toBe(0);
  });

  it('removes stacks that there are no more, and what killed deploys have left', async () => {
    await project.deploy();
    mkdirSync(join(project.directory, 'cdktf.out-999999999'));
    project.declare({ first: { one: 'echo first runs' } });
    await project.deploy();
    expect(readdirSync(join(project.directory, 'cdktf.out/stacks'))).toEqual(['first']);
    expect(project.files.filter((file) => file.startsWith('cdktf.out-'))).toEqual([]);
  });

  it('names the missing Terraform program', async () => {
    const { status, output } = await project.deploy([], { TERRAFORM_BINARY_NAME: 'no-terraform' });
    expect(status).toBe(127);
    expect(output).toContain('no-terraform was not found on the PATH');
  });
});

describe('a signal', () => {
  const wait = 'sleep 271828';

  // As the commands of this package do. Terraform ends the shell of a command, and nothing that the shell has started.
  beforeEach(() => project.declare({ first: { one: 'true', two: `exec ${wait}` }, second: { three: 'true' } }));

  /** Deploys until the command that waits runs, sends signals, and waits until none of its processes is left. */
  async function deployStopped(...signals: NodeJS.Signals[]) {
    let sent = false;
    const run = await project.deploy([], {}, (output, pid) => {
      if (sent || !/two: Provisioning/.test(output)) return;
      sent = true;
      for (const signal of signals) process.kill(pid, signal);
    });
    await expect.poll(() => processesWith(wait), { timeout: 60_000 }).toEqual([]);
    await expect.poll(() => processesWith(project.directory), { timeout: 60_000 }).toEqual([]);
    return run;
  }

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s stops Terraform, which saves its state, and no further stack runs', async (signal, expected) => {
    const { status, output } = await deployStopped(signal);
    expect(output).toContain('Interrupt received');
    expect(status, output).toBe(expected);
    expect(output).not.toContain('three: Creating');
    expect(project.resources('first')).toContain('one');
  });

  it('that is sent twice still lets Terraform save its state', async () => {
    const { output } = await deployStopped('SIGINT', 'SIGTERM');
    expect(output).not.toContain('Two interrupts received');
    expect(project.resources('first')).toContain('one');
  });

  it('that kills the deploy leaves no process, and a state with which the next deploy goes on', async () => {
    await deployStopped('SIGKILL');
    expect(project.resources('first')).toContain('one');
    project.declare({ first: { one: 'true', two: 'true' }, second: { three: 'true' } });
    const { status, output } = await project.deploy();
    expect(status, output).toBe(0);
    expect(output).not.toContain('one: Creating');
  });
});

describe('what only the CLI knows', () => {
  it.each([
    ['an option that is not known', ['--parallelism', '1'], {}],
    ['a variable that the CLI reads as an option', [], { CDKTF_PARALLELISM: '1' }],
    ['a backend other than a local file', [], { BACKEND: JSON.stringify({ local: null, inmem: {} }) }],
  ])('%s is left to the CLI', async (_, flags, env) => {
    const { status, output } = await project.deploy(flags, env);
    expect(status, output).toBe(0);
    expect(existsSync(join(project.directory, 'cdktf.out/stacks/first/.terraform/initialized-by-deploy'))).toBe(false);
  });
});

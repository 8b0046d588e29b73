import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import declaration from '../../examples/todos/declaration.ts';
import { describeAccess } from '../support/access/describe-access.ts';
import { ann, todosCases, todosMatrix } from '../support/access/todos.ts';
import type { TokenApi } from '../support/access/token-cases.ts';
import { seededApi } from '../support/deployed-access.ts';
import { changes, Deployment, engineObjects, type Run } from '../support/deployment.ts';
import { postgrestVersion } from '../support/images.ts';
import { resourcesOf } from '../support/resources-of.ts';

const NO_CHANGES = { 'todos-database': 'no changes', 'todos-access': 'no changes', 'todos-api': 'no changes' };

let clone: Deployment;
let first: Run;
let byCli: ReturnType<typeof resourcesOf>;
let api: TokenApi;

beforeAll(async () => {
  clone = await Deployment.clone();
  first = await clone.npmRun('deploy', '--auto-approve', '--skip-provider-lock');
  if (first.status === 0) api = await seededApi(clone, declaration);
});

afterAll(() => clone.remove());

describe('a fresh clone, deployed with the command of the README', () => {
  it('ends well, and says where the API is', () => {
    expect(first.status, first.output).toBe(0);
    expect(first.output).toContain(`url = ${clone.url}`);
  });

  describeAccess(() => api, declaration, {
    cases: todosCases,
    matrix: todosMatrix,
    target: { as: ann, path: '/todos?select=title' },
    version: postgrestVersion,
  });

  it('shares no provider with other directories, whose deploys would replace it', () => {
    const files = readdirSync(join(clone.directory, 'cdktf.out'), { recursive: true, withFileTypes: true });
    const providers = files.filter(({ parentPath }) => parentPath.includes('.terraform/providers/'));
    const links = providers.filter((file) => file.isSymbolicLink());
    const targets = links.map(({ parentPath, name }) => readlinkSync(join(parentPath, name)));
    expect(providers).not.toEqual([]);
    expect(targets.filter((target) => target.includes('plugin-cache'))).toEqual([]);
  });

  it('says "No changes" when it is deployed again', async () => {
    const run = await clone.npmRun('deploy', '--auto-approve', '--skip-provider-lock');
    expect(changes(run), run.output).toEqual(NO_CHANGES);
  });

  it('leaves nothing to do for Terraform without the CLI, as the other tests deploy, nor does that change the state', async () => {
    byCli = resourcesOf(clone);
    expect(changes(await clone.deploy())).toEqual(NO_CHANGES);
    expect(resourcesOf(clone)).toEqual(byCli);
  });

  it('leaves nothing to do for the CLI', async () => {
    const run = await clone.deployWithCli();
    expect(changes(run), run.output).toEqual(NO_CHANGES);
    expect(run.output).toContain(`url = ${clone.url}`);
  });

  it('stops with --no-wider before access grows, says where, and deploys the same change without it', async () => {
    const file = join(clone.directory, 'examples/todos/declaration.ts');
    const text = readFileSync(file, 'utf8');
    const flags = ['--auto-approve', '--skip-provider-lock'];
    const statusOf = async () => (await fetch(`${clone.url}/todos?select=public`)).status;
    writeFileSync(file, text.replace("['id', 'title', 'done']", "['id', 'title', 'done', 'public']"));
    const stopped = await clone.npmRun('deploy', ...flags, '--no-wider');
    expect(stopped.status, stopped.output).toBe(1);
    expect(stopped.output).toMatch(/access would grow: .*todos_anon.*public.*wider_access/s);
    expect(await statusOf()).toBe(401);
    const deployed = await clone.npmRun('deploy', ...flags);
    expect(deployed.status, deployed.output).toBe(0);
    expect(await statusOf()).toBe(200);
    writeFileSync(file, text);
  });

  it('waits for another one in the same directory', async () => {
    const deploy = () => clone.npmRun('deploy', '--auto-approve', '--skip-provider-lock');
    const runs = await Promise.all([deploy(), deploy()]);
    for (const { status, output } of runs) expect(status, output).toBe(0);
  });

  it('leaves nothing behind when it is destroyed, also after objects were added by hand', async () => {
    await clone.sql(`CREATE TABLE api.by_hand (id serial); GRANT SELECT ON api.by_hand TO todos_user;
      CREATE POLICY by_hand ON api.by_hand TO todos_anon USING (true);
      CREATE SCHEMA by_hand; GRANT CREATE, USAGE ON SCHEMA by_hand TO todos_user;
      SET ROLE todos_user; CREATE TABLE by_hand.own (id int)`);
    const run = await clone.npmRun('destroy', '--auto-approve');
    expect(run.status, run.output).toBe(0);
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'todos')).toEqual([]);
  });

  it('is the same when Terraform alone deploys it, which leaves nothing to do for the command', async () => {
    await clone.deploy();
    const run = await clone.npmRun('deploy', '--auto-approve', '--skip-provider-lock');
    expect(changes(run), run.output).toEqual(NO_CHANGES);
    expect(resourcesOf(clone)).toEqual(byCli);
  });
});

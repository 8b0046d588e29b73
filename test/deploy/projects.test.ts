import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest } from '../../testing/index.ts';
import declaration from '../../examples/projects/declaration.ts';
import { describeAccess } from '../support/access/describe-access.ts';
import { projectsCases } from '../support/access/projects-cases.ts';
import { projectsMatrix } from '../support/access/projects-matrix.ts';
import { ada } from '../support/access/projects-subjects.ts';
import type { TokenApi } from '../support/access/token-cases.ts';
import { seededApi } from '../support/deployed-access.ts';
import { changes, Deployment, engineObjects } from '../support/deployment.ts';
import { postgrestVersion } from '../support/images.ts';
import { catalogs } from '../support/catalogs.ts';

let projects: Deployment;
let api: TokenApi;

beforeAll(async () => {
  projects = await Deployment.of('projects', { API_SERVERS: '2' });
  await projects.deploy();
  api = await seededApi(projects, declaration);
});

afterAll(() => projects.remove());

describe('the multi-tenant example, deployed with two servers', () => {
  describeAccess(() => api, declaration, {
    cases: projectsCases,
    matrix: projectsMatrix,
    target: { as: ada, path: '/tasks?select=title' },
    version: postgrestVersion,
  });

  it('gives the same answers from each server', async () => {
    const headers = { Authorization: `Bearer ${await api.tokenFor(ada.role, ada.claims)}` };
    const second = projects.url.replace(String(projects.apiPort), String(projects.apiPort + 1));
    const [one, two] = await Promise.all(
      [projects.url, second].map(async (url) => (await fetch(`${url}/tasks?order=id`, { headers })).text()),
    );
    expect(two).toBe(one);
    expect(JSON.parse(one!)).not.toEqual([]);
  });

  it('has the same catalogs as an embedded environment', async () => {
    await using embedded = await startEphemeralPostgrest(declaration);
    const deployed = await catalogs(projects);
    expect(deployed).toEqual(await catalogs(embedded));
    expect(deployed.length).toBeGreaterThan(100);
  });

  it('says "No changes" when it is deployed again', async () => {
    expect(changes(await projects.deploy())).toEqual({
      'projects-database': 'no changes',
      'projects-access': 'no changes',
      'projects-api': 'no changes',
    });
  });

  it('leaves nothing behind when it is destroyed', async () => {
    await projects.destroy();
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'projects')).toEqual([]);
  });
});

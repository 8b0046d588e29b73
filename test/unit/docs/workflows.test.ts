import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../support/docs/markdown.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly on: object;
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly Step[] }>>;
}
interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly { readonly type: string; readonly id?: string; readonly attributes: object }[];
}

const filesIn = (folder: string) => readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`);
const yaml = (file: string): unknown => parse(readFileSync(`${root}${file}`, 'utf8'));
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };

describe.each(filesIn('.github/workflows'))('%s', (file) => {
  const { on, jobs } = yaml(file) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('says when it runs, and on which machine each of its steps does', () => {
    expect(Object.keys(on)).not.toEqual([]);
    expect(Object.values(jobs).filter((job) => !job['runs-on'] || job.steps.length === 0)).toEqual([]);
    expect(steps.filter(({ uses, run }) => (uses === undefined) === (run === undefined))).toEqual([]);
  });

  it('names a version of each action', () => {
    expect(steps.flatMap(({ uses }) => uses ?? []).filter((uses) => !/@v\d+$|@[0-9a-f]{40}$/.test(uses))).toEqual([]);
  });

  it('calls scripts, projects and files that exist', () => {
    const words = steps.flatMap(({ run = '' }) => run.split(/\s+/));
    const called = steps.flatMap(({ run = '' }) => [...run.matchAll(/npm run (\S+)/g)].map(([, name = '']) => name));
    expect(called.filter((name) => !(name in scripts))).toEqual([]);
    const projects = words.flatMap((word) => /^--project='?([^'*\s]+)\*?'?$/.exec(word)?.[1] ?? []);
    expect(projects.filter((name) => !existsSync(`${root}test/${name}`))).toEqual([]);
    // Their files are in two projects each.
    expect(words.filter((word) => /^--project='?(unit|embedded)'?$/.test(word))).toEqual([]);
    const paths = words.filter((word) => /^(\.ci|test|scripts|docs)\//.test(word));
    expect(paths.filter((path) => !existsSync(`${root}${path}`))).toEqual([]);
  });
});

it('.ci/run can be executed', () => {
  accessSync(`${root}.ci/run`, constants.X_OK);
});

it.each(filesIn('.github/ISSUE_TEMPLATE').filter((file) => !file.endsWith('/config.yml')))(
  '%s is a form with a name, and questions with different identifiers',
  (file) => {
    const { name, description, body } = yaml(file) as Form;
    expect([name, description].every((text) => text.length > 0)).toBe(true);
    const ids = body.filter(({ type }) => type !== 'markdown').map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(undefined);
  },
);

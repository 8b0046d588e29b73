import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { observe, PostgresDatabase } from '../../constructs/index.ts';
import { docker } from '../support/deployment.ts';
import { postgresImage } from '../support/images.ts';
import { testStack } from '../support/synth.ts';

const VOLUME = 'versions-postgres-data';
const volumes = () => docker('volume', 'ls', '--quiet', '--filter', `name=^${VOLUME}$`);

/** Only a shell is used of them. */
const imageOf = (version: string) => `data-version-test:${version}`;
const VERSIONS = ['15', '17', '18', '19'];

beforeAll(() => VERSIONS.forEach((version) => docker('tag', postgresImage, imageOf(version))));
afterAll(() => docker('image', 'rm', ...VERSIONS.map(imageOf)));
beforeEach(() => {
  if (volumes() !== '') throw new Error(`this engine already has a volume ${VOLUME}; remove it first`);
});
afterEach(() => docker('volume', 'rm', '--force', VOLUME));

/** Fills the volume with the files that name the major versions of its data. */
function fill(files: Readonly<Record<string, string>>): void {
  const script = Object.entries(files).map(
    ([file, version]) => `mkdir -p "$(dirname ${file})"; echo ${version} >${file}`,
  );
  docker(
    ...['run', '--rm', '--user=0', '--network=none', '--entrypoint=sh', `--volume=${VOLUME}:/volume`],
    ...['--workdir=/volume', postgresImage, '-ec', ['chmod 700 .', ...script].join('\n')],
  );
}

async function observed(version: string): Promise<void> {
  const { app, stack, secrets } = testStack();
  new PostgresDatabase(stack, 'database', { name: 'versions', secrets, image: imageOf(version) });
  await observe(app);
}

const FLAT = { PG_VERSION: '15' };
const NESTED = { '18/docker/PG_VERSION': '18' };

describe('data of', () => {
  it.each([
    ['15', FLAT, '17'],
    ['15', FLAT, '18'],
    ['17', { PG_VERSION: '17' }, '15'],
    ['17', { PG_VERSION: '17' }, '18'],
    ['18', NESTED, '15'],
    ['18', NESTED, '17'],
    ['18', NESTED, '19'],
    ['18', { PG_VERSION: '18' }, '18'],
  ])('PostgreSQL %s (%o) is not given to %s', async (major, files, version) => {
    fill(files);
    await expect(observed(version)).rejects.toThrow(
      `stack/database.image: volume "${VOLUME}" has the data of PostgreSQL ${major}, and ` +
        `"${imageOf(version)}" is PostgreSQL ${version}; use an image of PostgreSQL ${major}, or dump`,
    );
  });

  it('PostgreSQL 15 in a volume that its container does not have is not given to 18', async () => {
    fill(FLAT);
    docker('create', '--name', 'versions-postgres', postgresImage);
    try {
      await expect(observed('18')).rejects.toThrow('has the data of PostgreSQL 15, and');
    } finally {
      docker('rm', '--volumes', 'versions-postgres');
    }
  });

  it.each([
    ['15', FLAT],
    ['18', NESTED],
    ['18', { ...NESTED, '17/docker/PG_VERSION': '17' }],
    ['17', {}],
  ])('the same version %s (%o) is', async (version, files) => {
    fill(files);
    await observed(version);
  });
});

it('makes no volume where there is none', async () => {
  await observed('18');
  expect(volumes()).toBe('');
});

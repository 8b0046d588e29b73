import { postgresImage, postgrestImage } from '../test/support/images.ts';

interface Requirements {
  readonly obstacle: (kind: 'deploy') => string | undefined;
}

/** Why nothing can be deployed here: engine, images, Terraform or a provider is missing. */
export async function deployObstacle(): Promise<string | undefined> {
  process.env['POSTGRES_IMAGE'] = postgresImage;
  process.env['POSTGREST_IMAGE'] = postgrestImage;
  const script = new URL('../scripts/requirements.mjs', import.meta.url).href;
  const { obstacle } = (await import(script)) as Requirements;
  return obstacle('deploy');
}

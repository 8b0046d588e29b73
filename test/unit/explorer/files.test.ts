import { expect, it, vi } from 'vitest';
import { servedFiles } from '../../../explorer/files.ts';
import { refusal } from '../../support/errors.ts';

vi.mock('../../../testing/servers/installed-package.ts', () => ({ installedPackage: () => undefined }));

it('says how to get Swagger UI where it is not installed', () => {
  const error = refusal(() => servedFiles());
  expect(error.code).toBe('missing_package');
  expect(error.message).toContain('npm install --save-dev swagger-ui-dist');
});

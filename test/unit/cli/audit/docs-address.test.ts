import { expect, it } from 'vitest';
import { docsAddress } from '../../../../cli/audit/docs-address.ts';

const address = (repository: string | { url: string }) => docsAddress({ name: 'x', version: '1.2.3', repository });

it.each([
  'github:some/project',
  'https://github.com/some/project',
  'git+https://github.com/some/project.git',
  'git@github.com:some/project.git',
])('%s has documents for each version', (url) => {
  expect(address(url)).toBe('https://github.com/some/project/blob/v1.2.3/');
  expect(address({ url })).toBe('https://github.com/some/project/blob/v1.2.3/');
});

it('another repository, and none, have no known address', () => {
  expect(address('https://git.example/some/project.git')).toBeUndefined();
  expect(address('https://git.example/github.com.evil/some/project.git')).toBeUndefined();
  expect(docsAddress({ name: 'x', version: '1.2.3' })).toBeUndefined();
});

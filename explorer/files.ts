import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { installedPackage } from '../testing/servers/installed-package.ts';

export interface ServedFile {
  readonly file: string;
  readonly type: string;
}

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
};

const STYLES = ['page.css', 'rows.css', 'access.css'];
const SCRIPTS = [
  'access.js',
  'elements.js',
  'filters.js',
  'identity.js',
  'live.js',
  'messages.js',
  'page.js',
  'query.js',
  'requests.js',
  'rows.js',
  'rules.js',
  'server.js',
  'tabs.js',
];

/** The files that are served, by the path of their URL. Throws `missing_package` without npm's swagger-ui-dist. */
export function servedFiles(): ReadonlyMap<string, ServedFile> {
  const swagger = installedPackage('swagger-ui-dist');
  if (swagger === undefined) {
    refuse(
      'missing_package',
      'swagger-ui-dist',
      'the explorer needs this package, and it is not installed',
      'run `npm install --save-dev swagger-ui-dist`',
    );
  }
  const page = fileURLToPath(new URL('page', import.meta.url));
  return new Map<string, ServedFile>([
    ['/', { file: join(page, 'page.html'), type: TYPES.html }],
    ...STYLES.map((name): [string, ServedFile] => [`/${name}`, { file: join(page, name), type: TYPES.css }]),
    ...SCRIPTS.map((name): [string, ServedFile] => [`/${name}`, { file: join(page, name), type: TYPES.js }]),
    ['/swagger-ui.css', { file: join(swagger, 'swagger-ui.css'), type: TYPES.css }],
    ['/swagger-ui-bundle.js', { file: join(swagger, 'swagger-ui-bundle.js'), type: TYPES.js }],
  ]);
}

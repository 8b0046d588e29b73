import js from '@eslint/js';
import { importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';
import { rooms } from './scripts/rooms.mjs';

/** Rooms import from those below them only. */
const layers = rooms.slice(0, -1).map((room, index) => ({
  target: `./${room}`,
  from: rooms.slice(index + 1).map((higher) => `./${higher}`),
  message: `${room} is below it; see scripts/rooms.mjs`,
}));

/** Names of a browser that the explorer's page uses. */
const browserGlobals = Object.fromEntries(
  [
    'Response',
    'URLSearchParams',
    'addEventListener',
    'document',
    'fetch',
    'history',
    'location',
    'matchMedia',
    'navigator',
    'performance',
    'sessionStorage',
    'setTimeout',
  ].map((name) => [name, 'readonly']),
);

export default tseslint.config(
  { ignores: ['dist/', 'cdktf.out/', '**/node_modules/', 'docs/.vitepress/{pages,dist,cache,.temp}/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    files: rooms.map((room) => `${room}/**/*.ts`),
    plugins: { 'import-x': importX },
    settings: { 'import-x/extensions': ['.ts'], 'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] } },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: layers }],
    },
  },
  {
    files: ['constructs/**/*.ts', 'stacks/*.ts'],
    ignores: ['constructs/synth/cdk/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['cdktf', 'cdktf/*', 'cdktn', 'cdktn/*', '@cdktf/*', '@cdktn/*'],
              message: 'import it from constructs/synth/cdk, which loads the family that is installed',
            },
          ],
        },
      ],
    },
  },
  {
    // These import from packages of which only one family is installed.
    files: ['constructs/synth/cdk/*.ts'],
    rules: { '@typescript-eslint/ban-ts-comment': 'off' },
  },
  {
    files: ['explorer/page/*.js'],
    languageOptions: { globals: browserGlobals },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);

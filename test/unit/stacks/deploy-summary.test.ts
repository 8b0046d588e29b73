import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addStacks } from '../../../stacks/index.ts';
import type { DeclarationInput } from '../../../declaration/types.ts';
import { ownRows } from '../../../declaration/index.ts';
import { testApp, testDeclaration, testSecrets } from '../../support/synth.ts';

const member: Partial<DeclarationInput> = {
  keys: { generate: 'ES256' },
  tables: [
    {
      name: 'notes',
      grants: [{ to: 'member', select: true }],
      policies: [ownRows({ to: 'member', column: 'owner', claim: 'user', type: 'text' })],
    },
  ],
};

function synthesize(input: Partial<DeclarationInput>, pendingSql?: readonly string[]) {
  const { app, directory } = testApp();
  const secrets = testSecrets(join(directory, 'my secrets'));
  const { access } = addStacks(app, testDeclaration(input), { secrets, api: { servers: 2, port: 3100 } });
  if (pendingSql) access.access.pendingSql = pendingSql;
  app.synth();
  const out = join(directory, 'cdktf.out');
  const outputs = (stack: string) => {
    const file = join(out, 'stacks', stack, 'cdk.tf.json');
    const { '//': metadata, output } = JSON.parse(readFileSync(file, 'utf8')) as {
      '//': { outputs: Record<string, object> };
      output: object;
    };
    return { printed: Object.keys(metadata.outputs[stack] ?? {}), all: Object.keys(output) };
  };
  return { summary: readFileSync(join(out, 'stacks/todos-api/summary.txt'), 'utf8'), outputs };
}

it('a deploy ends with the URLs of all servers, the roles, the SQL that ran and a command that signs a token', () => {
  const { summary } = synthesize(member, ['GRANT SELECT ON TABLE "api"."notes" TO "member";']);
  expect(summary).toMatch(
    /^\ntodos is deployed\n {2}URLs:\n {4}http:\/\/127\.0\.0\.1:3100\n {4}http:\/\/127\.0\.0\.1:3101\n {2}roles:\n {4}anon\n {4}member\n {2}SQL:\n {4}GRANT SELECT ON TABLE "api"\."notes" TO "member";\n {2}a token:\n/,
  );
  expect(summary).toMatch(
    /\n {4}npx tsx cli\/main\.ts token mint --directory '.*my secrets\/keys' --role member --claim 'user="sample"'\n$/,
  );
});

it('a summary has the issuer, the audience and the subject that the declaration requires of tokens', () => {
  const tokens = { issuer: 'https://a.example', audience: 'notes', requiredClaims: ['exp', 'sub'] };
  expect(synthesize({ ...member, tokens }).summary).toContain(
    ' --issuer https://a.example --audience notes --subject sample\n',
  );
});

it('a summary has no command for tokens where another issuer has the private keys', () => {
  const { summary } = synthesize({});
  expect(summary).not.toContain('a token:');
  expect(summary).toContain('nothing, or a new database');
});

it('outputs that serve other stacks are there and are not printed', () => {
  const { outputs } = synthesize(member);
  expect(outputs('todos-database').all).not.toEqual([]);
  expect(outputs('todos-database').printed).toEqual([]);
  expect(outputs('todos-api').printed).toEqual(['roles', 'url', 'urls']);
});

import { decodeJwt } from 'jose';
import { comparedSubjects } from '../../../import/compare/subjects.ts';
import type { FileSource } from '../../../import/files/import-source.ts';
import { importSchema, type ImportSchemaOptions } from '../../../import/import-schema.ts';
import { startEphemeralPostgrest } from '../../../testing/index.ts';
import { verboseErrors } from '../embedded-postgrest.ts';
import { startBareApi } from './bare-api.ts';
import { readCatalog } from './catalog.ts';
import { compareAnswers, type ComparedAnswers, type Side } from './compare-answers.ts';
import { generateRequests } from './requests.ts';

/** Imports a schema, and compares what it answers with what the old one does, both with the same rows. */
export async function sameAnswers(
  source: FileSource,
  options: ImportSchemaOptions,
  generated: { readonly count: number; readonly seed: number },
): Promise<ComparedAnswers> {
  const project = await importSchema(source, options);
  await using bare = await startBareApi(source, project);
  const { declaration } = project;
  const { server } = declaration;
  const settings = { ...server.settings, ...verboseErrors, 'db-tx-end': 'rollback' };
  await using environment = await startEphemeralPostgrest(
    { ...declaration, server: { ...server, settings } },
    { seed: [{ file: 'access.rows.sql', sql: project.files.get('access.rows.sql')! }] },
  );
  const subjects = comparedSubjects(declaration);
  const [ours, theirs] = [new Map<string, string>(), new Map<string, string>()];
  for (const [name, subject] of Object.entries(subjects)) {
    if (!subject) continue;
    const token = await environment.tokenFor(subject.role, subject.claims);
    ours.set(name, token);
    theirs.set(name, await bare.sign(decodeJwt(token)));
  }
  const old: Side = { ...bare, tokens: theirs };
  const imported: Side = { url: environment.url, tokens: ours, query: (text, values) => environment.sql(text, values) };
  const requests = generateRequests(await readCatalog(bare, declaration.schemas), subjects, generated);
  return await compareAnswers(requests, { bare: old, imported, subjects, notes: project.notes });
}

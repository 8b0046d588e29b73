import { casesOn } from './case.ts';
import { ANN, asAnonymous, asUser, BOB } from './snippets.ts';

/** Two buckets with a file of bob in each; the tables belong to the platform. */
const files = `RESET ROLE;
  INSERT INTO storage.buckets (id, name, public) VALUES ('avatars', 'avatars', true), ('documents', 'documents', false);
  INSERT INTO storage.objects (bucket_id, name, owner_id) VALUES ('avatars', '${BOB}/face.png', '${BOB}'), ('documents', '${BOB}/will.pdf', '${BOB}');`;
const FOLDER = '(storage.foldername(name))[1]';
const UID = '(SELECT auth.uid()::text)';
const willOfBob = (rows: 'some' | 'none') => asUser(rows, `SELECT FROM storage.objects WHERE bucket_id = 'documents'`);

/** Files of Supabase's storage, all of which are rows of one table. */
export const storage = casesOn('supabase', [
  {
    id: 'storage-all-buckets',
    title: 'a policy meant for one bucket gives the files of all buckets',
    grade: 'open',
    rules: ['storage_bucket', 'public_rows', 'unscoped_column'],
    sql: `${files} CREATE POLICY avatars ON storage.objects FOR SELECT TO authenticated USING (true);`,
    shows: [willOfBob('some')],
  },
  {
    id: 'storage-uploads-to-any-bucket',
    title: 'users upload into their own folder of any bucket',
    grade: 'open',
    rules: ['storage_bucket'],
    sql: `${files} CREATE POLICY upload ON storage.objects FOR INSERT TO authenticated WITH CHECK (${FOLDER} = ${UID});`,
    shows: [asUser('some', `INSERT INTO storage.objects (bucket_id, name) VALUES ('documents', '${ANN}/x.exe')`)],
  },
  {
    id: 'storage-any-file-of-a-type',
    title: 'anonymous reads the images of all buckets, private ones too',
    grade: 'open',
    rules: ['storage_bucket', 'public_rows', 'unscoped_column'],
    sql: `${files} INSERT INTO storage.objects (bucket_id, name) VALUES ('documents', '${BOB}/passport.png');
      CREATE POLICY images ON storage.objects FOR SELECT TO anon USING (storage.extension(name) = 'png');`,
    shows: [asAnonymous('some', `SELECT FROM storage.objects WHERE bucket_id = 'documents'`)],
  },
  {
    id: 'storage-own-folder-of-a-bucket',
    title: 'users read and write their own folder of one bucket',
    grade: 'fine',
    sql: `${files} CREATE POLICY own ON storage.objects TO authenticated USING (bucket_id = 'documents' AND ${FOLDER} = ${UID});`,
    shows: [
      willOfBob('none'),
      asUser('some', `INSERT INTO storage.objects (bucket_id, name) VALUES ('documents', '${ANN}/x.pdf')`),
    ],
  },
  {
    id: 'storage-own-files-of-all-buckets',
    title: 'users read the files that they own, in whichever bucket',
    grade: 'closed',
    rules: ['storage_bucket'],
    sql: `${files} CREATE POLICY own ON storage.objects FOR SELECT TO authenticated USING (owner_id = ${UID});`,
    shows: [willOfBob('none')],
  },
  {
    id: 'storage-bucket-listed',
    title: 'a policy of a public bucket lets anonymous list its files, which a public bucket does not need',
    grade: 'open',
    rules: ['storage_bucket', 'public_rows'],
    sql: `${files} CREATE POLICY avatars ON storage.objects FOR SELECT TO anon USING (bucket_id = 'avatars');`,
    shows: [asAnonymous('some', 'SELECT name FROM storage.objects')],
  },
  {
    id: 'storage-restrictive-bucket',
    title: 'own folders, and a restrictive policy that names the bucket',
    grade: 'closed',
    rules: ['storage_bucket'],
    sql: `${files} CREATE POLICY own ON storage.objects TO authenticated USING (${FOLDER} = ${UID});
      CREATE POLICY bucket ON storage.objects AS RESTRICTIVE TO authenticated USING (bucket_id = 'avatars');`,
    shows: [asUser('fails', `INSERT INTO storage.objects (bucket_id, name) VALUES ('documents', '${ANN}/x.exe')`)],
  },
]);

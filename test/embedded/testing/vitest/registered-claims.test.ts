import { describe, expect } from 'vitest';
import { apiTest } from '../../../../testing/vitest/index.ts';
import { ANN, BOB, notesSeed, ownedNotes } from '../../../support/owned-notes.ts';

const test = apiTest(ownedNotes, { seed: [notesSeed], share: 'file' });
const seconds = () => Math.floor(Date.now() / 1000);

describe('claims that every token may have', () => {
  test('sub shows the rows of its user, in the API and to the matchers', async ({ api }) => {
    const [ann, bob] = await Promise.all([api.as('notes_user', { sub: ANN }), api.as('notes_user', { sub: BOB })]);
    await expect(ann).toSeeRows('/notes?select=text', [{ text: 'of ann' }]);
    await expect(bob).toSeeRows('/notes?select=text', [{ text: 'of bob' }]);
    await expect(ann).mayRead('notes', { text: 'of ann' });
    await expect(ann).not.mayRead('notes', { text: 'of bob' });
    await expect(ann).mayInsert('notes', { owner: ANN, text: 'new' });
    await expect(ann).not.mayInsert('notes', { owner: BOB, text: 'new' });
    await expect(bob).not.mayDelete('notes', { text: 'of ann' });
  });

  test('sub is in the samples of the access matrix, which finds its row', async ({ api }) => {
    const { subjects, relations } = await api.access();
    expect(subjects).toEqual(['notes_user']);
    expect(relations[0]!.cells[0]!.reach).toMatchObject({ rows: [expect.stringContaining('of ann')] });
  });

  test.for([
    ['exp that is past', () => ({ exp: seconds() - 60 }), 401],
    ['exp that is ahead', () => ({ exp: seconds() + 60 }), 200],
    ['nbf that is ahead', () => ({ nbf: seconds() + 3600 }), 401],
    ['iat that is past', () => ({ iat: seconds() - 60 }), 200],
    ['jti, iss and aud', () => ({ jti: 'one', iss: 'https://id.test', aud: ['a'] }), 200],
  ] as const)('%s counts', async ([, claims, status], { api }) => {
    const ann = await api.as('notes_user', { sub: ANN, ...claims() });
    expect((await ann.fetch('/notes')).status).toBe(status);
  });

  test('what no token can say is refused, with its name', async ({ api }) => {
    await expect(api.as('notes_user', { sub: 7 })).rejects.toThrow('claims.sub: 7 cannot be');
    await expect(api.as('notes_user', { role: 'other' })).rejects.toThrow('claims.role: "other" is not "notes_user"');
  });
});

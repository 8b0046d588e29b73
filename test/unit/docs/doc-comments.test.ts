import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { rooms } from '../../../scripts/rooms.mjs';
import { root } from '../../support/docs/markdown.ts';

/** Words that begin a half sentence about something that the reader has to guess. */
const FIRST_WORDS = [
  'Of',
  'What',
  'Whether',
  'As',
  'Behind',
  'Nothing',
  'Whoever',
  'Told',
  'Asked',
  'Somebody',
  'Who',
  'Which',
];

it.each(rooms)('doc comments of %s begin with a noun phrase or a verb', (room) => {
  const sources = readdirSync(`${root}${room}`, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const begin = new RegExp(`/\\*\\*\\s+(?:\\* )?(?:${FIRST_WORDS.join('|')})\\b.*`, 'g');
  const found = sources.flatMap((name) => {
    const text = readFileSync(`${root}${room}/${name}`, 'utf8');
    return [...text.matchAll(begin)].map(([comment]) => `${room}/${name}: ${comment}`);
  });
  expect(sources.length).toBeGreaterThan(0);
  expect(found).toEqual([]);
});

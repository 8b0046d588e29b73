import { addKey, generateKey, revokeKey, rotateKeys, undoKeyStep } from '../../../../tokens/index.ts';

// Makes every kind of step, one after the other, until it is killed; prints each key that it was told of.
const directory = process.argv[2]!;
for (;;) {
  process.stdout.write(`${addKey(directory, await generateKey()).key.kid}\n`);
  const { key, previous } = await rotateKeys(directory);
  process.stdout.write(`${key.key.kid}\n`);
  revokeKey(directory, previous.key.kid, { force: true });
  undoKeyStep(directory);
  revokeKey(directory, previous.key.kid, { force: true });
  process.stdout.write(`${(await rotateKeys(directory)).key.key.kid}\n`);
}

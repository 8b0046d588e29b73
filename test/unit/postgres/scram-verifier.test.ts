import { expect, it } from 'vitest';
import { scramVerifier, verifierMatches } from '../../../postgres/scram-verifier.ts';

// The exchange of RFC 7677, section 3: user "user", password "pencil", this salt, 4096 iterations.
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const verifier =
  'SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';

it('makes the text that PostgreSQL stores', () => {
  expect(scramVerifier('pencil', salt)).toBe(verifier);
});

it('salts each verifier anew', () => {
  expect(scramVerifier('pencil')).not.toBe(scramVerifier('pencil'));
});

it('recognises the password', () => {
  expect(verifierMatches(verifier, 'pencil')).toBe(true);
  expect(verifierMatches(verifier, 'pen')).toBe(false);
  expect(verifierMatches('', 'pencil')).toBe(false);
});

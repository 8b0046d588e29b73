import fc from 'fast-check';
import { expect, it } from 'vitest';
import { block, directive, expression, map, quote } from '../../../gateway/directive.ts';
import { refusal } from '../../support/errors.ts';
import { FUZZ_RUNS, FUZZ_SEED } from '../../support/fuzz.ts';
import { hostileText } from '../../support/hostile-text.ts';

it('words are quoted where they need it', () => {
  expect(directive('return', 200, 'a b')).toBe('return 200 "a b";');
  expect(directive('x', '', 'a;b', '{', '#', `'`, '"', '\\', 'a=b')).toBe(`x "" "a;b" "{" "#" "'" "\\"" "\\\\" a=b;`);
});

it('expressions keep their variables', () => {
  expect(directive('x', expression('$a'), expression('($a)'), expression('$a:"$b"'))).toBe('x $a ($a) "$a:\\"$b\\"";');
  expect(map(expression('$a'), '$b', [['x y', 1]])).toEqual(['map $a $b {', '  "x y" 1;', '}']);
  expect(block(['if', expression('($a)')], ['return 1;'])).toEqual(['if ($a) {', '  return 1;', '}']);
});

it.each(['$a', 'a\nb', '\0', 'a\tb', '\u007f'])('a text that nginx cannot read literally is rejected: %j', (text) => {
  expect(refusal(() => quote(text))).toMatchObject({ code: 'invalid_prop', place: JSON.stringify(text) });
});

it('any other text is one word', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      // eslint-disable-next-line no-control-regex -- what is rejected
      fc.pre(!/[$\u0000-\u001f\u007f]/.test(text));
      // A quoted word of nginx: anything, where a backslash keeps the next character from ending it.
      expect(quote(text)).toMatch(/^("([^"\\]|\\["\\])*"|[^\s;{}"'#\\]+)$/u);
    }),
    { numRuns: FUZZ_RUNS, seed: FUZZ_SEED },
  );
});

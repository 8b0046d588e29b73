import type { Anywhere } from './anywhere.ts';

/** Makes a function whose answer for one audit is computed once. */
export function once<Answer>(make: (audited: Anywhere) => Answer): (audited: Anywhere) => Answer {
  const known = new WeakMap<Anywhere, { readonly answer: Answer }>();
  return (audited) => {
    const found = known.get(audited) ?? { answer: make(audited) };
    known.set(audited, found);
    return found.answer;
  };
}

/** Makes a function of an audit and a key whose answers are computed once. */
export function onceFor<Key, Answer>(
  make: (audited: Anywhere, key: Key) => Answer,
): (audited: Anywhere, key: Key) => Answer {
  const known = once(() => new Map<Key, { readonly answer: Answer }>());
  return (audited, key) => {
    const found = known(audited).get(key) ?? { answer: make(audited, key) };
    known(audited).set(key, found);
    return found.answer;
  };
}

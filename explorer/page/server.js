/** Moves the secret from the link to this tab, out of the address and what the browser remembers of it. */
export function keepSecret() {
  const [, secret] = /^#secret=(.*)$/.exec(location.hash) ?? [];
  if (secret === undefined) return false;
  sessionStorage.setItem('secret', secret);
  history.replaceState(null, '', '/');
  return true;
}

export function fetchWithSecret(path, options = {}) {
  const secret = sessionStorage.getItem('secret') ?? '';
  // Kept answers may be another role's.
  return fetch(path, { cache: 'no-store', ...options, headers: { ...options.headers, 'Explorer-Secret': secret } });
}

/** The JSON of an answer of the explorer itself. */
export async function ask(path, options) {
  const response = await fetchWithSecret(path, options).catch(() => {
    throw new Error('the explorer does not answer: was it ended?');
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

/** Replaces each of the secret texts, so that a log or an error can be shown. A text that holds another one comes first. */
export function hideTexts(text: string, secrets: readonly string[]): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '[secret]'), text);
}

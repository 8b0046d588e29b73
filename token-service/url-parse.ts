/** `URL.parse` of the URL Standard: oidc-provider calls it, and Node.js has it from version 22.1 on. */
export function provideUrlParse(): void {
  const url = URL as { parse?: (text: string, base?: string) => URL | null };
  url.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
}

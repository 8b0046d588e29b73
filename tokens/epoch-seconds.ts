/** A moment as a token's claims say it: whole seconds since 1970 (RFC 7519, NumericDate). */
export function epochSeconds(date = new Date()): number {
  return Math.floor(date.getTime() / 1000);
}

interface JwtTimes {
  /** In seconds since 1970, by the issuer's clock. */
  readonly iat?: number | undefined;
  readonly exp?: number | undefined;
}

/** When a token was issued and when it expires: nothing of one that is no JWT, or does not say. */
export function jwtTimes(token: string): JwtTimes {
  try {
    const [, payload = ''] = token.split('.');
    const { iat, exp } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>;
    return { iat: numberOrNothing(iat), exp: numberOrNothing(exp) };
  } catch {
    return {};
  }
}

function numberOrNothing(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

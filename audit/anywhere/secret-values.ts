import type { SurveyedSetting } from './survey.ts';

const SECRET =
  /(?:secret|passw(?:or)?d|passphrase|token|api_?key|private_?key|service_?(?:role_?)?key|encryption_?key|signing_?key|credentials?)$/i;
/** A count, a time, a flag, a file that PostgREST reads. */
const HARMLESS = /^\s*(?:|-?\d+(?:\.\d+)?\s*[a-z]*|true|false|on|off|yes|no|null|@.*)\s*$/i;
const LOGIN_IN_ADDRESS = /^[a-z][a-z0-9+.-]*:\/\/[^/@\s:]*:[^/@\s]+@/i;
const PASSWORD_IN_CONNECTION = /(?:^|\s)password\s*=\s*\S/i;

/** True if a setting keeps a secret, by its name and by what its value looks like. */
export function looksSecret({ name, value }: SurveyedSetting): boolean {
  if (LOGIN_IN_ADDRESS.test(value) || PASSWORD_IN_CONNECTION.test(value)) return true;
  // Settings of Postgres itself have no point in their names; its parameters hold no secrets.
  if (!name.includes('.') || !SECRET.test(name) || HARMLESS.test(value)) return false;
  return !isPublicKey(value);
}

function isPublicKey(value: string): boolean {
  if (/-----BEGIN (?:[A-Z]+ )?PUBLIC KEY-----/.test(value)) return true;
  const key = parsed(value);
  if (typeof key !== 'object' || key === null) return false;
  const keys: unknown[] = 'keys' in key && Array.isArray(key.keys) ? key.keys : [key];
  return keys.every((one) => typeof one === 'object' && one !== null && 'kty' in one && !('k' in one) && !('d' in one));
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

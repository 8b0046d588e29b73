/** Code of the warning that a program uses a name that the next version no longer accepts. */
const OLD_NAME = 'old_name';

const warned = new Set<string>();

/** Warns that something has another name now, once a process. */
export function warnOfOldName(old: string, name: string): void {
  if (warned.has(old)) return;
  warned.add(old);
  process.emitWarning(`${old} is the old name of ${name}; the next version rejects it`, {
    type: 'DeprecationWarning',
    code: OLD_NAME,
  });
}

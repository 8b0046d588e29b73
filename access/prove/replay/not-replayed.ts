/** A counterexample that this database does not confirm; the message says why. */
export class NotReplayed extends Error {
  override readonly name = 'NotReplayed';
}

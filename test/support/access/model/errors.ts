/** What Postgres rejects, by its code; `permission` and `policy` share one. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** SQL that the model does not read: the case is not compared. */
export class NotModelled extends Error {}

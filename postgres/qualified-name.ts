/** A name inside a schema. */
export interface QualifiedName {
  readonly schema: string;
  readonly name: string;
}

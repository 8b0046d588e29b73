/**
 * Tests if deploys may not widen access: by the variable NO_WIDER, which Terraform hands on to the programs that it runs.
 * `0` and an empty text mean no.
 */
export function isNoWider({ NO_WIDER: value }: NodeJS.ProcessEnv = process.env): boolean {
  return value !== undefined && value !== '' && value !== '0';
}

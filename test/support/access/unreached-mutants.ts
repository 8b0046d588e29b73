/** Mutants that change nothing which a request can reach, each with the reason; they are not counted. */
export const UNREACHED: readonly { readonly mutant: RegExp; readonly reason: string }[] = [
  {
    mutant: /^(projects|todos|board|notes): .*: not forced$/,
    reason:
      'only functions of the owner would pass the policies, and those of these schemas read rows that a policy shows the owner',
  },
  { mutant: /^notes: .*: for PUBLIC$/, reason: 'there is one role' },
  {
    mutant: /^board: .*\.(all_rows_delete|own_rows_insert)\w*: for PUBLIC$/,
    reason: 'the other role has no privilege for the command',
  },
  { mutant: /^board: .*\.own_rows_select\w*: for PUBLIC$/, reason: 'the other role reads all rows' },
  { mutant: /^todos: .*\.own_rows_\w+: for PUBLIC$/, reason: 'the anonymous role has no privilege for the command' },
  { mutant: /^todos: .*\.public_rows_\w+: for PUBLIC$/, reason: 'it is for both roles' },
  { mutant: /^todos: .*\.own_rows_update\w*: no WITH CHECK$/, reason: 'no role may write the column of the condition' },
  { mutant: /^todos: .*\.public_rows_\w+: true where it is NULL$/, reason: 'the column is never NULL' },
];

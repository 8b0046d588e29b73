/** Mutants that change nothing which a request can reach, each with the reason; they are not counted. */
export const UNREACHED: readonly { readonly mutant: RegExp; readonly reason: string }[] = [
  {
    mutant: /^(projects|todos|board|notes): .*: not forced$/,
    reason:
      'only functions of the owner would pass the policies, and those of these schemas read rows that a policy shows the owner',
  },
  { mutant: /^notes: .*: for PUBLIC$/, reason: 'there is one role' },
];

/** Mutants that change nothing which a request can reach, each with the reason; they are not counted. */
export const UNREACHED: readonly { readonly mutant: RegExp; readonly reason: string }[] = [
  {
    mutant: /^(projects|todos|board|notes|club): .*: not forced$/,
    reason:
      'only functions of the owner would pass the policies, and those of these schemas read or add rows that a policy of the owner lets through',
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
  {
    mutant:
      /^projects: api\.(users|projects|tasks|comments|time_entries|announcements)\.(?!\w*_projects_manager)\w+: for PUBLIC$/,
    reason: 'it is for members, whose role managers inherit, and the other roles have no privilege on the table',
  },
  {
    mutant: /^projects: api\.project_members\.own_rows_\w+: for PUBLIC$/,
    reason: 'the other roles have no privilege on the table, and its owner reads all rows',
  },
  {
    mutant: /^projects: api\.plans\.public_rows_\w+: for PUBLIC$/,
    reason: 'the auditor has no privilege on the table, and the other roles have the policy',
  },
  {
    mutant:
      /^projects: api\.(users\.all_rows_insert|tenants\.all_rows_update)_projects_manager: for (PUBLIC|projects_member)$/,
    reason: 'managers alone have a privilege for the command, and inherit the role of members',
  },
  {
    mutant:
      /^projects: api\.(users\.within_tenant_insert|tenants\.within_tenant_update): for (PUBLIC|projects_manager)$/,
    reason: 'managers alone have a privilege for the command',
  },
  {
    mutant:
      /^projects: api\.invoices\.(within_tenant: for projects_manager|all_rows_select_projects_manager: for projects_member)$/,
    reason: 'members have no privilege on the table, and managers inherit their role',
  },
  {
    mutant: /^projects: api\.(invoices|tenants)\.claim_list_select_projects_auditor: for PUBLIC$/,
    reason: 'the other roles with a privilege have a policy that shows them all rows',
  },
  {
    mutant:
      /^projects: api\.(users\.(own_rows|within_tenant)|tenants\.within_tenant|comments\.own_rows|tasks\.membership)_update\w*: no WITH CHECK$/,
    reason: 'no role may write the column of the condition',
  },
  {
    mutant: /^projects: api\.\w+\.(membership|on_own_projects)_\w+: true where it is NULL$/,
    reason: 'a row without a project is rejected in any case, and the list of projects has no NULL',
  },
  {
    mutant: /^projects: api\.(plans\.public_rows|announcements\.valid_between)_\w+: true where it is NULL$/,
    reason: 'the condition is never NULL',
  },
  {
    mutant: /^club: public\.(games|members)\.\w+: for PUBLIC$/,
    reason: 'the anonymous role has no privilege on the table',
  },
  { mutant: /^club: public\.teams\.public_rows_\w+: for PUBLIC$/, reason: 'it is for both roles' },
  { mutant: /^club: public\.log: no row security$/, reason: 'no role has a privilege on the table' },
  {
    mutant: /^club: public\.(games\.games_of_my_teams|teams\.\w+): true where it is NULL$/,
    reason: 'neither the column nor a member of the list is ever NULL',
  },
];

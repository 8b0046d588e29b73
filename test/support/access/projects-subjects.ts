import type { Subject, Subjects } from './access-case.ts';

export const acme = '00000000-0000-0000-0000-000000000001';
export const bolt = '00000000-0000-0000-0000-000000000002';
export const corax = '00000000-0000-0000-0000-000000000003';

const member = (tenant_id: string, user_id: number): Subject => ({
  role: 'projects_member',
  claims: { tenant_id, user_id },
});
const manager = (tenant_id: string, user_id: number): Subject => ({
  role: 'projects_manager',
  claims: { tenant_id, user_id },
});
const auditor = (...regions: unknown[]): Subject => ({ role: 'projects_auditor', claims: { regions } });

/** Leads Acme's website. */
export const ada = member(acme, 1);
/** Views Acme's website, edits its app. */
export const ben = member(acme, 2);
/** Runs Acme. */
export const mia = manager(acme, 3);
/** Leads Bolt's website. */
export const bob = member(bolt, 4);
export const max = manager(bolt, 5);
/** Bob's number under another tenant's name: only both together say who somebody is. */
export const bobAtAcme = member(acme, 4);
/** Neither tenant nor number. */
export const nobody: Subject = { role: 'projects_member', claims: {} };
export const eu = auditor('eu');
export const everywhere = auditor('eu', 'us', 'eu');
/** Text where there should be a list. */
export const nowhere: Subject = { role: 'projects_auditor', claims: { regions: 'eu' } };

export const subjects: Subjects = {
  anonymous: undefined,
  ada,
  ben,
  mia,
  bob,
  max,
  bobAtAcme,
  nobody,
  eu,
  everywhere,
  nowhere,
};

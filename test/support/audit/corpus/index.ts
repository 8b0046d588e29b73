import type { Case } from './case.ts';
import { checks } from './checks.ts';
import { claims } from './claims.ts';
import { columns } from './columns.ts';
import { functions } from './functions.ts';
import { grants } from './grants.ts';
import { learned } from './held-out.ts';
import { inheritance } from './inheritance.ts';
import { lookups } from './lookups.ts';
import { roles } from './roles.ts';
import { server } from './server.ts';
import { speed } from './speed.ts';
import { storage } from './storage.ts';
import { supabase } from './supabase.ts';
import { tables } from './tables.ts';
import { truePolicies } from './true-policies.ts';
import { views } from './views.ts';

export type { Case, Grade, Show } from './case.ts';

/** Databases with a known danger, or without one: what an audit says of them is compared with their grades. */
export const corpus: readonly Case[] = [
  ...tables,
  ...truePolicies,
  ...claims,
  ...checks,
  ...lookups,
  ...inheritance,
  ...columns,
  ...views,
  ...functions,
  ...grants,
  ...roles,
  ...server,
  ...speed,
  ...supabase,
  ...storage,
  ...learned,
];

import type { CatalogRule, DeclarationRule, RuleDescription } from '../rule.ts';
import { notAsDeclared, notSealed } from './as-declared.ts';
import * as authenticator from './authenticator.ts';
import { computedColumn } from './computed-columns.ts';
import { definerWithoutPolicy } from './definers.ts';
import { extensionExposed, operatorNotFound } from './extensions.ts';
import { builtInCast, builtInChanged } from './built-ins.ts';
import { defaultPrivileges } from './default-privileges.ts';
import { eventTrigger } from './event-triggers.ts';
import * as functions from './functions.ts';
import { grantedElsewhere, grantedToPublic, publicElsewhere } from './grants.ts';
import { missingIndex } from './indexes.ts';
import { inherits, inheritsElsewhere } from './inheritance.ts';
import { ownTableChanged } from './own-tables.ts';
import { published, subscribed } from './replication.ts';
import { recursivePolicy } from './recursive-policies.ts';
import { rewriteRule } from './rewrite-rules.ts';
import * as roles from './roles.ts';
import { endOfLife, knownAdvisory, unknownMajor } from './server.ts';
import { weakeningSetting } from './settings.ts';
import { noPolicy, rlsDisabled, rlsNotForced } from './tables.ts';
import { triggerOfOtherOwner } from './triggers.ts';
import { viewBypassesPolicies } from './views.ts';

/** Every rule with a check, in the order in which findings are reported. */
export const RULES: readonly (CatalogRule | DeclarationRule)[] = [
  rlsDisabled,
  rlsNotForced,
  noPolicy,
  recursivePolicy,
  grantedToPublic,
  notAsDeclared,
  functions.securityDefiner,
  triggerOfOtherOwner,
  functions.searchPathNotSet,
  functions.functionSetting,
  functions.untrustedLanguage,
  functions.leakproofFunction,
  functions.definerElsewhere,
  definerWithoutPolicy,
  computedColumn,
  extensionExposed,
  rewriteRule,
  viewBypassesPolicies,
  inheritsElsewhere,
  inherits,
  ownTableChanged,
  authenticator.authenticatorPrivileged,
  authenticator.authenticatorInherits,
  authenticator.authenticatorCannotLogin,
  authenticator.authenticatorMember,
  authenticator.authenticatorNotMember,
  roles.rolePrivileged,
  roles.roleCanLogin,
  roles.roleOwnsObjects,
  roles.roleMember,
  roles.roleNotMember,
  roles.roleAdmin,
  grantedElsewhere,
  publicElsewhere,
  defaultPrivileges,
  roles.roleHasMember,
  weakeningSetting,
  builtInCast,
  builtInChanged,
  eventTrigger,
  published,
  subscribed,
  missingIndex,
  operatorNotFound,
  unknownMajor,
  knownAdvisory,
  endOfLife,
];

/** Every rule that a finding can name: also the one that only a run can check. */
export const ALL_RULES: readonly RuleDescription[] = [...RULES, notSealed];

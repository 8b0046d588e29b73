import { defaults, functions, rolesAndSettings } from './ways/by-hand-more.ts';
import { describeWays } from './ways/use-ways.ts';

describeWays([
  ['a function', functions],
  ['default privileges', defaults],
  ['a role or setting', rolesAndSettings],
]);

import { tablesAndViews } from './ways/by-hand.ts';
import { describeWays } from './ways/use-ways.ts';

describeWays([['a table or view', tablesAndViews]]);

import { outward } from './ways/by-hand.ts';
import { describeWays } from './ways/use-ways.ts';

describeWays([['what lies outside', outward]]);

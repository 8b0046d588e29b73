import { privateSchema } from './ways/by-hand.ts';
import { describeWays } from './ways/use-ways.ts';

describeWays([['the private schema', privateSchema]]);

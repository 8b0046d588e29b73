import type { Case } from './case.ts';
import { heldOutClosed } from './held-out-closed.ts';
import { heldOutOpen } from './held-out-open.ts';

/** Cases that were written without the rules at hand: what the first run on them found says what the audit does on others. */
export const heldOut: readonly Case[] = [...heldOutOpen, ...heldOutClosed];

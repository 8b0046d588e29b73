import type { Command } from './types.ts';

/** The commands on rows, in the order in which they are shown. */
export const COMMANDS = ['select', 'insert', 'update', 'delete'] as const satisfies readonly Command[];

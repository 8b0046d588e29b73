import { visible } from '../errors/visible.ts';
import type { Fix } from './fix.ts';
import type { FindingObject } from './finding-object.ts';

/** Errors keep a deploy from committing; warnings do not. An `info` is worth knowing: no request reaches anything by it. */
export type Level = 'error' | 'warning' | 'info';

/** Levels, the worst first. */
export const LEVELS: readonly Level[] = ['error', 'warning', 'info'];

/** One thing that the audit reports. */
export interface Finding {
  /** Stable id of the rule. */
  readonly rule: string;
  readonly level: Level;
  readonly object: FindingObject;
  /** Continues a sentence that begins with the object. */
  readonly problem: string;
  readonly fix: Fix;
}

/** Writes a finding as one line of text, without its level. */
export function findingLine({ rule, object, problem, fix }: Finding): string {
  return visible(`${rule}: ${object.text} ${problem} (${fix.text})`);
}

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { readTrustedFile } from '../../files/private-files.ts';
import { createFile } from '../../files/whole-files.ts';

const KEY_STATES = ['standby', 'in_use', 'previously_used', 'revoked'] as const;

/**
 * `standby`: servers accept its tokens, none are signed with it yet. `in_use`: new tokens are signed with it.
 * `previously_used`: older tokens still pass. `revoked`: none pass.
 */
export type KeyState = (typeof KEY_STATES)[number];

export interface StateSince {
  readonly state: KeyState;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/** The states of all keys of a directory, as some step has left them. */
export interface StatesVersion {
  readonly number: number;
  /** By kid. */
  readonly keys: Readonly<Record<string, StateSince>>;
  /** The one to which undoing the step returns. */
  readonly before?: number;
}

// Each step makes a file with the next number, whole or not at all: whoever is killed, or does another step at the same
// time, leaves what was there, and the files are the history that steps are undone by.
const STATES_FILE = /^states-(\d{6,})\.json$/;
const KEPT = 100;

/** The latest version; undefined where no step was made yet. */
export function readStates(directory: string): StatesVersion | undefined {
  const latest = numbersIn(directory).at(-1);
  return latest === undefined ? undefined : readVersion(directory, latest);
}

/** Undefined where it is too old to be kept. */
export function readEarlier(directory: string, number: number): StatesVersion | undefined {
  return numbersIn(directory).includes(number) ? readVersion(directory, number) : undefined;
}

/**
 * Adds a version.
 *
 * @returns false if another process has added one with that number
 */
export function addVersion(directory: string, { number, keys, before }: StatesVersion): boolean {
  const content = JSON.stringify({ keys, ...(before !== undefined && { before }) }, undefined, 2);
  if (!createFile(fileOf(directory, number), `${content}\n`)) return false;
  for (const old of numbersIn(directory).slice(0, -KEPT)) rmSync(fileOf(directory, old), { force: true });
  return true;
}

function numbersIn(directory: string): number[] {
  return readdirSync(directory)
    .flatMap((name) => STATES_FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

function fileOf(directory: string, number: number): string {
  return join(directory, `states-${String(number).padStart(6, '0')}.json`);
}

function readVersion(directory: string, number: number): StatesVersion {
  const file = fileOf(directory, number);
  let content: unknown;
  try {
    content = JSON.parse(readTrustedFile(file) ?? '');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!isVersion(content)) {
    refuse(
      'unreadable_key',
      file,
      'it does not hold the states of keys',
      'restore it, or remove it to have the ones before',
    );
  }
  return { ...content, number };
}

export function isVersion(content: unknown): content is Omit<StatesVersion, 'number'> {
  if (typeof content !== 'object' || content === null) return false;
  const { keys, before } = content as { keys?: unknown; before?: unknown };
  return (
    typeof keys === 'object' &&
    keys !== null &&
    (before === undefined || typeof before === 'number') &&
    Object.values(keys).every(
      (entry: Partial<StateSince> | null) =>
        KEY_STATES.some((state) => state === entry?.state) && !Number.isNaN(Date.parse(String(entry?.since))),
    )
  );
}

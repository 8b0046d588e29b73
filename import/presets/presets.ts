import type { SqlSource } from '../../postgres/sql-source.ts';
import type { SchemaFile } from '../files/schema-file.ts';
import type { PresetChoices } from '../project/choices.ts';

/** Platforms whose roles and schemas are known. */
export type PresetName = 'postgrest' | 'supabase';

/** A platform: what its databases have before the first migration of a user. */
export interface Preset extends PresetChoices {
  readonly name: PresetName;
  /** SQL that makes roles and schemas as the platform has them. */
  readonly prelude: readonly SqlSource[];
  /** Migrations of the project that stand for what it needs of the platform. */
  readonly migrations: readonly SqlSource[];
}

const POSTGREST: Preset = {
  name: 'postgrest',
  schemas: [],
  internalSchemas: [],
  platformSchemas: [],
  platformRoles: [],
  prelude: [],
  migrations: [],
};

/** The named preset, or the one that the files speak of. */
export function presetFor(_name: PresetName | undefined, _files: readonly SchemaFile[]): Preset {
  return POSTGREST;
}

import type { SurveyedFunction } from './survey.ts';

/** Postgres' own functions that reach files of the server, or change how it runs. */
export const OF_SERVER =
  /^(?:pg_read_\w*file\w*|pg_ls_\w+|pg_stat_file|lo_import|lo_export|pg_file_\w+|pg_reload_conf|pg_rotate_logfile\w*|pg_promote|pg_switch_wal|pg_create_restore_point|pg_current_logfile)$/;
/** Functions of extensions that connect to other servers, or reach files. */
const OF_EXTENSIONS =
  /^(?:dblink(?!_(?:get|build|fdw|is|cancel|current|error|close|disconnect))\w*|http(?:_\w+)?|pg_file_\w+)$/;
/** Calls of such functions in a body. */
export const CALLS = new RegExp(
  String.raw`\b(?:${OF_SERVER.source.slice(1, -1)}|${OF_EXTENSIONS.source.slice(1, -1)})\s*\(`,
  'g',
);

/** True for a function of an extension by which requests get out of the database. */
export function isDangerous({ name, extension }: SurveyedFunction): boolean {
  return extension !== null && OF_EXTENSIONS.test(name);
}

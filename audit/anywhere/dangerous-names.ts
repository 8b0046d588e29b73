import type { SurveyedFunction } from './survey.ts';

/** Functions of extensions that connect to other servers, or reach files. */
const OF_EXTENSIONS =
  /^(?:dblink(?!_(?:get|build|fdw|is|cancel|current|error|close|disconnect))\w*|http(?:_\w+)?|pg_file_\w+)$/;
/** True for a function of an extension by which requests get out of the database. */
export function isDangerous({ name, extension }: SurveyedFunction): boolean {
  return extension !== null && OF_EXTENSIONS.test(name);
}

import { Option, type Command } from 'commander';
import type { AccessMap } from '../../access/picture/access-map.ts';
import { accessMapHtml } from '../../access/report/map-html.ts';
import { accessMapMermaid } from '../../access/report/map-mermaid.ts';
import { accessMapSvg } from '../../access/report/map-svg.ts';
import { accessMapText } from '../../access/report/map-text.ts';
import { visible } from '../../errors/visible.ts';
import { accessMap } from '../../testing/access-map.ts';
import { isUri } from '../database-uri.ts';
import { commandConnection } from '../named-connection.ts';
import { addConnectionOptions } from '../connection.ts';
import { loadDeclaration } from '../load-declaration.ts';
import { refuseDatabaseOptions } from '../refuse-options.ts';
import { writeOutput } from '../write-output.ts';
import { addScopeOptions, givenScope } from '../scope-options.ts';
import type { ScopeOptions } from '../../audit/anywhere/find-scope.ts';

const FORMATS = {
  text: accessMapText,
  html: accessMapHtml,
  svg: accessMapSvg,
  mermaid: accessMapMermaid,
  json: (map: AccessMap) => `${JSON.stringify(map, undefined, 2)}\n`,
} satisfies Record<string, (map: AccessMap) => string>;

interface Options extends ScopeOptions {
  readonly declaration?: string;
  readonly format: keyof typeof FORMATS;
  readonly output?: string;
}

export function addMapCommand(access: Command): void {
  const command = access
    .command('map')
    .description('draw who can do what: for each role, table and command the rule in words, and its SQL')
    .argument('[source]', 'declaration file, or postgresql://user@host:5432/name (default: DATABASE_URL)')
    .option('--declaration <file>', 'also show where the database is not as declared')
    .addOption(new Option('--format <name>', 'format of the map').choices(Object.keys(FORMATS)).default('text'))
    .option('--output <file>', 'where to; it is overwritten (default: standard output)');
  addConnectionOptions(addScopeOptions(command), 'a role that may read the catalogs, such as the admin');
  command.action(async (source: string | undefined, options: Options) => {
    const map = await read(source, options, command);
    const text = FORMATS[options.format](map);
    if (options.output === undefined) process.stdout.write(text);
    else {
      writeOutput(options.output, text, [source, options.declaration]);
      console.log(visible(options.output));
    }
  });
}

async function read(source: string | undefined, options: Options, command: Command): Promise<AccessMap> {
  const { declaration: file } = options;
  if (source !== undefined && !isUri(source)) {
    refuseDatabaseOptions(command, source, ['declaration']);
    return accessMap(await loadDeclaration(source));
  }
  const connection = commandConnection(command, { uri: source, orDeclaration: true });
  const declared = file === undefined ? {} : { declaration: await loadDeclaration(file) };
  return accessMap(connection, { ...givenScope(options), ...declared, environment: process.env });
}

import { Option, type Command } from 'commander';
import type { AccessMap } from '../../access/picture/access-map.ts';
import { accessMapHtml } from '../../access/report/map-html.ts';
import { accessMapMermaid } from '../../access/report/map-mermaid.ts';
import { accessMapSvg } from '../../access/report/map-svg.ts';
import { accessMapText } from '../../access/report/map-text.ts';
import { visible } from '../../errors/visible.ts';
import { accessMap, type AccessMapOptions } from '../../testing/access-map.ts';
import { auditConnection, givenOptions } from '../audit/audit-connection.ts';
import { addConnectionOptions } from '../connection.ts';
import { loadDeclaration } from '../load-declaration.ts';
import { parseNames } from '../parse-names.ts';
import { writeOutput } from '../write-output.ts';

const FORMATS = {
  text: accessMapText,
  html: accessMapHtml,
  svg: accessMapSvg,
  mermaid: accessMapMermaid,
  json: (map: AccessMap) => `${JSON.stringify(map, undefined, 2)}\n`,
} satisfies Record<string, (map: AccessMap) => string>;

interface Options {
  readonly declaration?: string;
  readonly schemas?: readonly string[];
  readonly anonymous?: string;
  readonly roles?: readonly string[];
  readonly authenticator?: string;
  readonly format: keyof typeof FORMATS;
  readonly output?: string;
}

export function addMapCommand(access: Command): void {
  const command = access
    .command('map')
    .description('draw who can do what: for each role, table and command the rule in words, and its SQL')
    .argument('[source]', 'declaration file, or postgresql://user@host:5432/name (default: DATABASE_URL)')
    .option('--declaration <file>', 'also show where the database is not as declared')
    .option('--schemas <names>', 'exposed schemas, with commas (default: found out)', parseNames)
    .option('--anonymous <role>', 'role of requests without a token (default: found out)')
    .option('--roles <names>', 'roles of requests, with commas (default: found out)', parseNames)
    .option('--authenticator <role>', 'login role of PostgREST (default: found out)')
    .addOption(new Option('--format <name>', 'format of the map').choices(Object.keys(FORMATS)).default('text'))
    .option('--output <file>', 'where to; it is overwritten (default: standard output)');
  addConnectionOptions(command, 'a role that may read the catalogs, such as the admin', false);
  command.action(async (source: string | undefined, options: Options) => {
    const map = await read(source, options, command);
    const text = FORMATS[options.format](map);
    if (options.output === undefined) process.stdout.write(text);
    else {
      writeOutput(options.output, text);
      console.log(visible(options.output));
    }
  });
}

async function read(source: string | undefined, options: Options, command: Command): Promise<AccessMap> {
  if (source !== undefined && !source.includes('://')) return accessMap(await loadDeclaration(source));
  const { declaration: file, schemas, anonymous, roles, authenticator } = options;
  const connection = auditConnection({ uri: source, options: givenOptions(command), environment: process.env });
  const named = { schemas, anonymous, roles, authenticator };
  const scope: AccessMapOptions = Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
  const declared = file === undefined ? {} : { declaration: await loadDeclaration(file) };
  return accessMap(connection, { ...scope, ...declared, environment: process.env });
}

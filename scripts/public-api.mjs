// Writes docs/public-api/: what each entry point of the package exports, as text for reviews.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import ts from 'typescript';
import { root } from './run.mjs';

export const FOLDER = `${root}docs/public-api/`;

/** Where the type declarations would be. The disk has none of them. */
const emitted = `${root}.public-api/`;
const printer = ts.createPrinter({ removeComments: true });

/** The entry points: the name of the report, what a user imports, and the source. The package's own name comes last. */
export function entryPoints() {
  const { name, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  return Object.entries(exports)
    .filter(([, { types }]) => types)
    .map(([path, { types }]) => ({
      report: `${path.slice(2).replaceAll('/', '-') || 'index'}.txt`,
      specifier: `${name}${path.slice(1)}`,
      source: types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts'),
    }))
    .sort((one, other) => Number(one.specifier === name) - Number(other.specifier === name));
}

/** The text of each report by its name. */
export async function publicApi() {
  const program = declarations(entryPoints().map(({ source }) => `${root}${source}`));
  const checker = program.getTypeChecker();
  const homes = new Map();
  const entries = entryPoints().map((entry) => {
    const file = program.getSourceFile(emitted + declarationOf(entry.source));
    const exported = checker
      .getExportsOfModule(checker.getSymbolAtLocation(file))
      .map((symbol) => ({ name: symbol.name, symbol: resolve(symbol, checker) }));
    for (const { symbol } of exported) if (!homes.has(symbol)) homes.set(symbol, entry.specifier);
    return { ...entry, exported };
  });
  const style = { ...JSON.parse(readFileSync(`${root}.prettierrc.json`, 'utf8')), parser: 'typescript' };
  const reports = entries.map(async (entry) => [entry.report, await format(describe(entry, homes, checker), style)]);
  return new Map(await Promise.all(reports));
}

const declarationOf = (source) => source.replace(/\.ts$/, '.d.ts');

/** Compiles the sources to type declarations, and those to a program of their own. Neither writes a file. */
function declarations(sources) {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: sources }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, directoryExists, getSourceFile } = host;
  const parsed = new Map();
  host.getSourceFile = (name, version) => {
    if (!parsed.has(name)) parsed.set(name, getSourceFile.call(host, name, version));
    return parsed.get(name);
  };
  const files = new Map();
  ts.createProgram(sources, { ...options, outDir: emitted, emitDeclarationOnly: true }, host).emit(
    undefined,
    (name, text) => files.set(name, text.replace(/((?:from |import\()["'])(\.[^"']*)\.ts(?=["'])/g, '$1$2.js')),
  );
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.directoryExists = (name) => name.startsWith(emitted) || directoryExists(name);
  const entries = sources.map((source) => emitted + declarationOf(source.slice(root.length)));
  return ts.createProgram(entries, { ...options, rootDir: emitted }, host);
}

/** Exports that are at home in another entry point are listed by name only. */
function describe({ specifier, exported }, homes, checker) {
  const isElsewhere = (symbol) => homes.has(symbol) && homes.get(symbol) !== specifier;
  const own = exported.filter(({ symbol }) => !isElsewhere(symbol));
  const named = namedBy(own, homes, checker);
  return [
    `// The exports of '${specifier}'. Written by \`npm run public-api\`.`,
    ...byName(own).map(declarationText),
    ...byName(exported)
      .filter(({ symbol }) => isElsewhere(symbol))
      .map(({ name, symbol }) => `export { ${name} } from '${homes.get(symbol)}';`),
    ...(named.length > 0 ? ['// Types in the declarations above that no entry point exports:'] : []),
    ...byName(named).map(declarationText),
  ].join('\n\n');
}

const byName = (entries) => entries.toSorted(({ name: one }, { name: other }) => (one < other ? -1 : 1));

const resolve = (symbol, checker) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);

/** This package's symbols that the exported declarations name, directly or not, and that no entry point exports. */
function namedBy(exported, homes, checker) {
  const found = new Set();
  const visit = (node) => {
    if (ts.isIdentifier(node)) add(checker.getSymbolAtLocation(node));
    publicChildren(node).forEach(visit);
  };
  const add = (named) => {
    const symbol = named && resolve(named, checker);
    if (!symbol || homes.has(symbol) || found.has(symbol) || !isTopLevel(symbol)) return;
    found.add(symbol);
    symbol.declarations.forEach(visit);
  };
  exported.forEach(({ symbol }) => symbol.declarations?.forEach(visit));
  return [...found].map((symbol) => ({ name: symbol.name, symbol }));
}

const isTopLevel = ({ declarations = [] }) =>
  declarations.length > 0 &&
  declarations.map(statementOf).every((node) => isOwn(node) && ts.isSourceFile(node.parent ?? node));

const isOwn = (node) => node.getSourceFile().fileName.startsWith(emitted);

/** A variable's declaration is in a list, which is in a statement. */
const statementOf = (declaration) => (ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration);

const isPrivate = (node) =>
  (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) ||
  (node.name !== undefined && ts.isPrivateIdentifier(node.name));

function publicChildren(node) {
  const children = [];
  ts.forEachChild(node, (child) => {
    if (!isPrivate(child)) children.push(child);
  });
  return children;
}

function declarationText({ name, symbol }) {
  const statements = [...new Set((symbol.declarations ?? []).map(statementOf))];
  if (!statements.every(isOwn)) return `// ${name} comes from another package`;
  const texts = statements.map((statement) =>
    printer.printNode(ts.EmitHint.Unspecified, withoutPrivate(statement), statement.getSourceFile()),
  );
  return [...(symbol.name === name ? [] : [`// exported as ${name}`]), ...texts].join('\n');
}

function withoutPrivate(statement) {
  if (!ts.isClassDeclaration(statement)) return statement;
  const { modifiers, name, typeParameters, heritageClauses, members } = statement;
  const open = members.filter((member) => !isPrivate(member));
  return ts.factory.updateClassDeclaration(statement, modifiers, name, typeParameters, heritageClauses, open);
}

if (process.argv[1] === import.meta.filename) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [report, text] of await publicApi()) writeFileSync(FOLDER + report, text);
}

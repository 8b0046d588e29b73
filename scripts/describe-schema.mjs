// Describes the JSON schema of a declaration with the doc comments of its types, so that editors show them.
import ts from 'typescript';
import { root } from './run.mjs';

/** A module that is not on the disk: a declaration's input whose names are any text. */
const ENTRY = `${root}declaration/described-input.ts`;
const ENTRY_TEXT = `import type { DeclarationInput } from './types.ts';\nexport type Input = DeclarationInput;\n`;

/** The schema with a description of each property, from the doc comment of the same property of `DeclarationInput`. */
export function describeSchema(schema) {
  const options = {
    strict: true,
    module: ts.ModuleKind.NodeNext,
    lib: ['lib.es2023.d.ts'],
    types: [],
    allowImportingTsExtensions: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === ENTRY || fileExists(name);
  host.getSourceFile = (name, version) =>
    name === ENTRY ? ts.createSourceFile(name, ENTRY_TEXT, version) : getSourceFile.call(host, name, version);
  const program = ts.createProgram([ENTRY], options, host);
  const checker = program.getTypeChecker();
  const [input] = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(ENTRY)));
  return new Describer(checker).describe(schema, [checker.getDeclaredTypeOfSymbol(input)]);
}

class Describer {
  #checker;

  constructor(checker) {
    this.#checker = checker;
  }

  /** The schema of a value that has one of these types. */
  describe(schema, types) {
    const described = { ...schema };
    for (const union of ['anyOf', 'oneOf'])
      if (schema[union]) described[union] = schema[union].map((option) => this.describe(option, types));
    if (schema.items) described.items = this.describe(schema.items, this.#indexed(types, ts.IndexKind.Number));
    if (typeof schema.additionalProperties === 'object') {
      const values = this.#indexed(types, ts.IndexKind.String);
      described.additionalProperties = this.describe(schema.additionalProperties, values);
    }
    if (schema.properties) described.properties = this.#properties(schema.properties, types);
    return described;
  }

  #properties(properties, types) {
    const names = Object.keys(properties);
    const type = types.find(
      (one) =>
        this.#checker.getPropertiesOfType(one).length === names.length &&
        names.every((name) => this.#fits(one.getProperty(name), properties[name])),
    );
    if (!type) throw new Error(`declaration/types.ts: no type has just the properties ${names.join(', ')}`);
    return Object.fromEntries(
      names.map((name) => {
        const property = type.getProperty(name);
        const description = this.#comment(property);
        const schema = this.describe(properties[name], constituents(this.#typeOf(property)));
        return [name, { ...(description && { description }), ...schema }];
      }),
    );
  }

  /** Types of a union may have the same properties, and differ in a constant text. */
  #fits(property, schema) {
    return property && (typeof schema.const !== 'string' || this.#typeOf(property).value === schema.const);
  }

  #indexed(types, kind) {
    return types.flatMap((type) => {
      const value = type.flags & ts.TypeFlags.Object && this.#checker.getIndexTypeOfType(type, kind);
      return value ? constituents(value) : [];
    });
  }

  #typeOf(symbol) {
    return this.#checker.getTypeOfSymbol(symbol);
  }

  /** The doc comment in one line, with its default and what to use instead. */
  #comment(symbol) {
    const tags = symbol.getJsDocTags(this.#checker);
    const tag = (name, title) =>
      tags.filter((one) => one.name === name).map(({ text }) => `${title}: ${ts.displayPartsToString(text)}`);
    return [
      ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)),
      ...tag('default', 'Default'),
      ...tag('deprecated', 'Deprecated'),
    ]
      .join(' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
  }
}

const constituents = (type) => (type.isUnion() ? type.types : [type]);

import { styleText } from 'node:util';

const COLORS = ['yellow', 'blue', 'cyan', 'green', 'white'];
// As the CLI does.
const color = process.stdout.hasColors?.() === true && !process.argv.includes('--no-color');
const styled = (style, text) => (color ? styleText(style, text) : text);

const STYLES = { INFO: 'whiteBright', WARN: 'yellowBright', ERROR: 'redBright' };

/** Prints the annotations of the stacks as the CLI does; true if one is an error. */
export function printAnnotations(stacks) {
  const all = stacks
    .flatMap(({ annotations = [] }) => annotations)
    // A level is `@cdktf/warn`.
    .map(({ level, ...annotation }) => ({ ...annotation, word: level.split('/').at(-1).toUpperCase() }));
  for (const { word, constructPath, message, stacktrace = [] } of all) {
    console.log(styled(STYLES[word], `${word} [${constructPath}]: ${message}`));
    if (word === 'ERROR' && stacktrace.length > 0) console.log(styled('gray', stacktrace.join('\n')));
  }
  return all.some(({ word }) => word === 'ERROR');
}

/** Prints whole lines with the name of a stack in front of the first of those that come together. */
export function stackPrinter(stack, index) {
  const name = styled(['bold', COLORS[index % COLORS.length]], stack);
  const indent = ' '.repeat(stack.length);
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    const message = lines.join('\n').trim();
    if (message === '') return;
    const [first, ...others] = message.split('\n').map((line) => line.trimEnd());
    console.log(`${name}  ${first}`);
    for (const line of others) console.log(line === '' ? '' : `${indent}  ${line}`);
  };
}

/**
 * Prints outputs as the CLI does.
 *
 * @param outputs for each stack those of constructs, as a tree with Terraform's outputs as leaves
 */
export function printOutputs(outputs) {
  console.log(
    outputs.length === 0 ? '\nNo outputs found.' : `\n${outputs.map((entry) => described(entry)).join('\n')}`,
  );
}

/** `margin`: of an output, in columns. */
function described([name, value], depth = 0, margin = 0) {
  if (isOutput(value)) return indented(margin, `${name} = ${shown(value)}`);
  const entries = Object.entries(value).sort(
    ([a, first], [b, second]) => Number(isOutput(second)) - Number(isOutput(first)) || a.localeCompare(b),
  );
  const nested = entries.map((entry) => described(entry, depth + 1, margin + 2 + 2 * depth));
  return [indented(margin + 2, styled('bold', name)), ...nested, ''].join('\n');
}

function indented(margin, text) {
  return text.replaceAll(/^/gm, ' '.repeat(margin));
}

function shown({ value, sensitive }) {
  if (sensitive) return '<sensitive>';
  return typeof value === 'object' ? JSON.stringify(value, undefined, 2) : String(value);
}

function isOutput(value) {
  return typeof value.sensitive === 'boolean' && (typeof value.type === 'string' || Array.isArray(value.type));
}

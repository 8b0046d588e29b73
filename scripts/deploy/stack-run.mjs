import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { isInitialized, recordInitialized } from './initialized.mjs';
import { outputTree } from './output-tree.mjs';
import { outputsInState } from './outputs-in-state.mjs';
import { stackPrinter } from './print.mjs';
import { lockOf } from './provider-lock.mjs';

/** Runs Terraform in one stack. Each step returns why it failed, in the words of the CLI, or undefined. */
export class StackRun {
  #programs;
  #project;
  #stack;
  #directory;
  #print;

  constructor(programs, project, stack) {
    this.#programs = programs;
    this.#project = project;
    this.#stack = stack;
    this.#directory = join(stack.out, stack.workingDirectory);
    this.#print = stackPrinter(stack.name, stack.index);
  }

  async initialize() {
    const { content } = this.#stack;
    const { terraform, skipProviderLock } = this.#project;
    if (isInitialized(this.#directory, content, terraform)) return;
    const { outdated, complete } = lockOf(this.#directory, content);
    const init = await this.#terraform('init', '-input=false', ...(outdated ? ['-upgrade'] : []));
    if (init !== 0) return `Error: terraform init failed with exit code ${init}`;
    if (!skipProviderLock && !complete) {
      const lock = await this.#terraform('providers', 'lock', '-platform=linux_amd64');
      if (lock !== 0) return `Error: non-zero exit code ${lock}`;
    }
    recordInitialized(this.#directory, content, terraform);
  }

  apply() {
    return this.#change('apply');
  }

  destroy() {
    return this.#change('destroy');
  }

  /** The outputs to print, as entries by the name of the stack. */
  outputs() {
    const { content } = this.#stack;
    return outputTree(content['//']?.outputs ?? {}, () => {
      const { terraform, env } = this.#project;
      return (
        outputsInState(this.#directory, content, env) ??
        JSON.parse(execFileSync(terraform, ['output', '-json'], { cwd: this.#directory, env, encoding: 'utf8' }))
      );
    });
  }

  async #change(command) {
    const status = await this.#terraform(command, '-auto-approve', '-input=false');
    return status === 0 ? undefined : `Invoking Terraform CLI failed with exit code ${status}`;
  }

  #terraform(...args) {
    const { terraform, noColor } = this.#project;
    const options = { cwd: this.#directory, print: this.#print };
    return this.#programs.run(terraform, [...args, ...(noColor ? ['-no-color'] : [])], options);
  }
}

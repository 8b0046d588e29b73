import { relative, resolve } from 'node:path';
import type { Construct } from 'constructs';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { App, TerraformStack } from '../synth/cdk/core.ts';

/** A secret that constructs refer to by the file that holds it. */
export interface ISecretFile {
  /** Absolute path of the file on the machine that deploys. */
  readonly path: string;
  /** The path as Terraform sees it from the directory of the scope's stack. */
  relativeTo(scope: Construct): string;
}

/**
 * A secret, referred to by the file that holds it. Constructs pass the file around and never its content, so that no
 * secret gets into the synthesized configuration, the plan or the state.
 *
 * @example
 * const password = new SecretFile('/run/secrets/postgres-admin');
 */
export class SecretFile implements ISecretFile {
  /** Absolute path of the file on the machine that deploys. */
  readonly path: string;

  /** @param path path of the file; a relative one is taken from the current directory */
  constructor(path: string) {
    this.path = resolve(path);
  }

  /**
   * The path as Terraform sees it from the directory of the scope's stack. What Terraform stores is so the same
   * wherever the project is checked out.
   *
   * @throws SecuredPostgrestError `invalid_prop` for a path that Terraform would fill in as a template
   */
  relativeTo(scope: Construct): string {
    const path = relative(resolve(App.of(scope).outdir, 'stacks', TerraformStack.of(scope).node.id), this.path);
    if (!/[$%]\{/.test(path)) return path;
    refuse('invalid_prop', scope.node.path, `Terraform reads "\${" and "%{" in "${path}" as a template`, 'rename it');
  }
}

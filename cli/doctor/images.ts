import { imageVersion } from '../../declaration/images.ts';
import { type Finding, findings } from './finding.ts';
import { runProgram } from './program.ts';
import { vulnerability, type Product } from './vulnerabilities.ts';

const { ok, warning, problem } = findings('images');

export interface WantedImage {
  readonly product: Product;
  readonly image: string;
  /** The variable of the environment that names another one. */
  readonly variable: string;
}

export function checkImages(engine: readonly string[] | undefined, wanted: readonly WantedImage[]): Finding[] {
  return wanted.flatMap(({ product, image, variable }) => [
    ...(engine ? [presence(engine, image, variable)] : []),
    ...versionFindings(product, image, variable),
  ]);
}

function presence(engine: readonly string[], image: string, variable: string): Finding {
  if (runProgram('docker', [...engine, 'image', 'inspect', '--format', '{{.Id}}', image]).status === 0) {
    return ok(`the engine has ${image}`);
  }
  // Asks the registry, as a pull does first.
  const { status, complaint } = runProgram('docker', [...engine, 'manifest', 'inspect', image]);
  return status === 0
    ? ok(`${image} can be pulled`)
    : problem(`the engine has no image ${image}, and it can not be pulled (${complaint})`, `correct ${variable}`);
}

export function versionFindings(product: Product, image: string, variable: string): Finding[] {
  const version = imageVersion(image);
  if (version === undefined) {
    return [warning(`the tag of ${image} names no version`, 'give the version to the construct, or use such a tag')];
  }
  const known = vulnerability(product, version);
  return known
    ? [warning(`${product} ${version}: ${known.problem}`, `name ${known.fixed} or later in ${variable}`)]
    : [];
}

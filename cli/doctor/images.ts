import { imageVersion } from '../../compile/images.ts';
import { type CheckResult, resultsOf } from './check-result.ts';
import { runProgram } from './program.ts';
import type { Product } from '../../declaration/releases/release-table.ts';
import { versionResults } from './versions.ts';

const { ok, warning, problem } = resultsOf('images');

export interface WantedImage {
  /** @default the version is not looked at */
  readonly product?: Product;
  readonly image: string;
  /** The variable of the environment that names another one. */
  readonly variable: string;
}

export function checkImages(
  engine: readonly string[] | undefined,
  wanted: readonly WantedImage[],
  accepted: readonly string[] | undefined,
): CheckResult[] {
  return wanted.flatMap(({ product, image, variable }) => [
    ...(engine ? [presence(engine, image, variable)] : []),
    ...(product ? tagResults(product, image, accepted) : []),
  ]);
}

function presence(engine: readonly string[], image: string, variable: string): CheckResult {
  if (runProgram('docker', [...engine, 'image', 'inspect', '--format', '{{.Id}}', image]).status === 0) {
    return ok(`the engine has ${image}`);
  }
  // Asks the registry, as a pull does first.
  const { status, complaint } = runProgram('docker', [...engine, 'manifest', 'inspect', image]);
  return status === 0 ? ok(`${image} can be pulled`) : missing(image, variable, complaint);
}

/** Messages of Docker and Go when the network does not reach the registry. */
const OUT_OF_REACH =
  /no such host|dial tcp|i\/o timeout|timeout exceeded|TLS handshake|x509|server misbehaving|unreachable|refused|no answer within/i;

/** An image that the engine does not have, and `docker manifest inspect` does not find. */
export function missing(image: string, variable: string, complaint: string): CheckResult {
  if (OUT_OF_REACH.test(complaint)) {
    return problem(
      `the engine has no image ${image}, and its registry cannot be reached (${complaint})`,
      'let this machine reach the registry, or bring the image with `docker load`',
    );
  }
  return problem(`the engine has no image ${image}, and it cannot be pulled (${complaint})`, `correct ${variable}`);
}

/** Advisories on the version in an image's tag. */
export function tagResults(product: Product, image: string, accepted?: readonly string[]): CheckResult[] {
  const version = imageVersion(image);
  if (version === undefined) {
    return [warning(`the tag of ${image} names no version`, 'give the version to the construct, or use such a tag')];
  }
  return versionResults('images', product, version, accepted);
}

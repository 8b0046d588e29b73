import { Annotations } from './cdk/core.ts';
import type { IConstruct } from 'constructs';
import type { Product } from '../../declaration/releases/release-table.ts';
import { releaseFindings } from '../../declaration/releases/releases.ts';

/** Has the synthesis warn about what is known against a version. */
export function warnAboutRelease(
  construct: IConstruct,
  product: Product,
  version: string,
  accepted: readonly string[] | undefined,
): void {
  for (const { problem, fix } of releaseFindings(product, version.replace(/^v/, ''), { accepted })) {
    Annotations.of(construct).addWarning(`${product} ${version} ${problem}; ${fix}`);
  }
}

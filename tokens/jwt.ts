/**
 * The old path of keys and tokens, for one version.
 *
 * @deprecated import `cdktf-secured-postgrest/tokens`
 *
 * @module
 */
import { warnOfOldName } from '../errors/warn-of-old-name.ts';

warnOfOldName('cdktf-secured-postgrest/jwt', 'cdktf-secured-postgrest/tokens');

export * from './index.ts';

import { refuse } from '../../errors/secured-postgrest-error.ts';
import { imageVersion, isNamedAfterProduct } from '../../compile/images.ts';

/** Lower numbers in a tag are those of an image of one's own. */
const OLDEST_MAJOR = 9;

/**
 * The more precise of the version that was given and the one of the image's tag. If they differ, the given one counts for an image
 * with a name of its own, whose tag may be its own version, and is rejected for an image that is named after the product.
 */
export function agreedVersion(place: string, image: string, given: string | undefined, fallback?: string): string {
  const tagged = imageVersion(image);
  const version = given === undefined ? (tagged ?? fallback) : withTag(place, image, given, tagged);
  if (version !== undefined) return version;
  refuse('invalid_prop', `${place}.image`, `the tag of "${image}" names no version`, 'give the version as well');
}

function withTag(place: string, image: string, given: string, tagged: string | undefined): string {
  if (!/^v?\d+(\.\d+)*$/.test(given)) {
    refuse('invalid_prop', `${place}.version`, `"${given}" is not a version`, 'write it like "18.7"');
  }
  const plain = given.replace(/^v/, '');
  if (tagged === undefined) return plain;
  // `18` agrees with `18.4`, which is more precise, whichever was given.
  if (`${plain}.`.startsWith(`${tagged}.`)) return plain;
  if (`${tagged}.`.startsWith(`${plain}.`)) return tagged;
  if (!isNamedAfterProduct(image) || Number.parseInt(tagged, 10) < OLDEST_MAJOR) return plain;
  refuse('invalid_prop', `${place}.version`, `"${given}" is not the version of the image "${image}"`, 'leave it out');
}

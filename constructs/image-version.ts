import { refuse } from '../declaration/errors.ts';
import { imageVersion } from '../declaration/images.ts';

/** The version that was given, or else the one of the image's tag. They must not contradict each other. */
export function agreedVersion(place: string, image: string, given: string | undefined, fallback?: string): string {
  const tagged = imageVersion(image);
  if (given !== undefined && tagged !== undefined && !agrees(given.replace(/^v/, ''), tagged)) {
    refuse('invalid_prop', `${place}.version`, `"${given}" is not the version of the image "${image}"`, 'leave it out');
  }
  const version = given ?? tagged ?? fallback;
  if (version !== undefined) return version;
  refuse('invalid_prop', `${place}.image`, `the tag of "${image}" names no version`, 'give the version as well');
}

/** `18` agrees with `18.4`, `18.4` with `18`: one is as precise as the other, or more. */
function agrees(a: string, b: string): boolean {
  return `${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`);
}

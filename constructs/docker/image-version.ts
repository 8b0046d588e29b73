import { refuse } from '../../errors/secured-postgrest-error.ts';
import { imageVersion } from '../../compile/images.ts';

/** The more precise of the version that was given and the one of the image's tag. They must not contradict each other. */
export function agreedVersion(place: string, image: string, given: string | undefined, fallback?: string): string {
  const tagged = imageVersion(image);
  if (given !== undefined && tagged !== undefined && !agrees(given.replace(/^v/, ''), tagged)) {
    refuse('invalid_prop', `${place}.version`, `"${given}" is not the version of the image "${image}"`, 'leave it out');
  }
  const version = mostPrecise(given, tagged) ?? fallback;
  if (version !== undefined) return version;
  refuse('invalid_prop', `${place}.image`, `the tag of "${image}" names no version`, 'give the version as well');
}

/** `18.4` is more precise than `18`, whichever was given. */
function mostPrecise(given: string | undefined, tagged: string | undefined): string | undefined {
  if (given === undefined || tagged === undefined) return given ?? tagged;
  return given.replace(/^v/, '').length >= tagged.length ? given : tagged;
}

/** `18` agrees with `18.4`, `18.4` with `18`: one is as precise as the other, or more. */
function agrees(a: string, b: string): boolean {
  return `${a}.`.startsWith(`${b}.`) || `${b}.`.startsWith(`${a}.`);
}

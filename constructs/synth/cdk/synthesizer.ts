/** @ts-ignore: one of the two packages is installed */
import type * as terrain from 'cdktn/lib/synthesize/synthesizer.js';
/** @ts-ignore */
import type * as cdktf from 'cdktf/lib/synthesize/synthesizer.js';
import { type Installed, load } from './installed.ts';

type Synthesizer = Installed<typeof terrain, typeof cdktf>;

export const addCustomSynthesis: Synthesizer['addCustomSynthesis'] = load<Synthesizer>(
  'cdktn/lib/synthesize/synthesizer.js',
).addCustomSynthesis;

// The opener of encrypted tokens as a process of its own; the variable KEYS holds its keys as JSON. It prints its address.
import { startOpener } from '../../gateway/opener/start-opener.ts';
import type { DecryptionKey } from '../../tokens/index.ts';

const keys = JSON.parse(process.env['KEYS']!) as DecryptionKey[];
const opener = await startOpener({ encryption: 'accepted', readKeys: () => keys, port: 0, log: () => undefined });
console.log(opener.url);

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { block, directive } from '../../../gateway/directive.ts';
import { freePort } from '../../support/deployment.ts';
import { FUZZ_SEED } from '../../support/fuzz.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { skipNginx, startPlainNginx } from '../../support/nginx.ts';

const TEXTS = 300;
// eslint-disable-next-line no-control-regex -- these are what `quote` rejects
const UNQUOTABLE = /[$\u0000-\u001f\u007f]/;

it.skipIf(skipNginx)('nginx reads each quoted text back as it was', async () => {
  const texts = fc.sample(
    hostileText.filter((text) => text !== '' && !UNQUOTABLE.test(text)),
    {
      numRuns: TEXTS,
      seed: FUZZ_SEED,
    },
  );
  const port = await freePort();
  const text = [
    directive('daemon', 'off'),
    directive('pid', '{directory}/pid'),
    ...block(['events'], []),
    ...block(
      ['http'],
      [
        directive('access_log', 'off'),
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) =>
          directive(`${kind}_temp_path`, `{directory}/${kind}`),
        ),
        ...block(
          ['server'],
          [
            directive('listen', `127.0.0.1:${port}`),
            ...texts.flatMap((text, n) => block(['location', '=', `/${n}`], [directive('return', 200, text)])),
          ],
        ),
      ],
    ),
  ].join('\n');
  const url = `http://127.0.0.1:${port}`;
  const nginx = await startPlainNginx(text, () =>
    fetch(url).then(
      () => true,
      () => false,
    ),
  );
  try {
    const read = await Promise.all(
      texts.map(async (_, n) => Buffer.from(await (await fetch(`${url}/${n}`)).arrayBuffer()).toString('utf8')),
    );
    expect(read).toEqual(texts);
  } finally {
    await nginx.stop();
  }
});

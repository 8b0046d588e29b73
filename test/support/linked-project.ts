import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { terrainModules } from '../../scripts/cdk-terrain.mjs';
import { root } from './checkout.ts';
import { pack, type Project } from './project.ts';

/** The packages that `npm install` would bring, as links: to this package as it is packed, to CDK Terrain, and to others as they are here. */
export async function linkPackages(project: Project): Promise<void> {
  const modules = join(project.directory, 'node_modules');
  const packed = mkdtempSync(join(tmpdir(), 'packed-'));
  const own = join(modules, 'cdktf-secured-postgrest');
  mkdirSync(own, { recursive: true });
  await project.must('tar', ['-xzf', await pack(packed), '--no-same-owner', '--strip-components=1', '-C', own]);
  rmSync(packed, { recursive: true });
  for (const source of [terrainModules, join(root, 'node_modules')].filter((path) => existsSync(path))) {
    for (const name of readdirSync(source)) link(modules, source, name);
  }
  symlinkSync('../cdktf-secured-postgrest/dist/cli/main.js', join(modules, '.bin/secured-postgrest'));
}

/** Links a package; scopes and `.bin` are directories of links, because packages of two places may be in one. */
function link(modules: string, source: string, name: string): void {
  if (/^(@[^/]+|\.bin)$/.test(name)) {
    mkdirSync(join(modules, name), { recursive: true });
    for (const part of readdirSync(join(source, name))) link(modules, source, `${name}/${part}`);
  } else if (!existsSync(join(modules, name)) && !/^(cdktf|@cdktf\/.*)$/.test(name)) {
    symlinkSync(join(source, name), join(modules, name));
  }
}

/** Runs `npm start` while the work goes on with the API's URL, and ends it with Ctrl-C. */
export async function whileStarted<T>(directory: string, work: (url: string) => Promise<T>): Promise<T> {
  const started = spawn('npm', ['start'], { cwd: directory, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [started.stdout, started.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text));
  const ended = once(started, 'exit');
  while (!printed.includes('Ctrl-C ends it') && started.exitCode === null) await sleep(100);
  const [, url] = /^(http:\/\/127\.0\.0\.1:\d+)$/m.exec(printed) ?? [];
  if (url === undefined) throw new Error(`npm start ended: ${printed}`);
  try {
    return await work(url);
  } finally {
    process.kill(-started.pid!, 'SIGINT');
    await ended;
  }
}

import { readFileSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Finding, findings } from './finding.ts';
import { runProgram } from './program.ts';

const node = findings('node');
const packages = findings('packages');
const disk = findings('disk');

export function checkNode(): Finding {
  const { node: version } = process.versions;
  return Number.parseInt(version, 10) >= 20
    ? node.ok(version)
    : node.problem(`${version} is too old`, 'use 20 or later');
}

/** The packages that an app and its CLI need, as the current directory has them. */
export function checkPackages(): Finding[] {
  const require = createRequire(join(process.cwd(), 'package.json'));
  return ['cdktf', 'cdktf-cli', 'constructs'].map((name) => {
    const directories = require.resolve.paths(name) ?? [];
    for (const directory of directories) {
      try {
        const { version } = JSON.parse(readFileSync(join(directory, name, 'package.json'), 'utf8')) as {
          version: string;
        };
        return packages.ok(`${name} ${version}`);
      } catch {
        // The next one up.
      }
    }
    return packages.problem(`${name} is not installed`, `run: npm install ${name}`);
  });
}

const GIGABYTE = 1e9;

/** Room for the state, and for the engine's volumes and images where they are on this machine. */
export function checkDisk(engine: readonly string[] | undefined): Finding[] {
  const root = engine && runProgram('docker', [...engine, 'info', '--format', '{{.DockerRootDir}}']).stdout;
  return [process.cwd(), ...(root ? [root] : [])].flatMap((directory) => {
    const free = freeBytes(directory);
    return free === undefined ? [] : [diskFinding(directory, free)];
  });
}

export function diskFinding(directory: string, freeBytes: number): Finding {
  const text = `${(freeBytes / GIGABYTE).toFixed(1)} GB free at ${directory}`;
  if (freeBytes < GIGABYTE / 10) return disk.problem(text, 'make room');
  return freeBytes < 2 * GIGABYTE ? disk.warning(text, 'make room: images and data need it') : disk.ok(text);
}

function freeBytes(directory: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

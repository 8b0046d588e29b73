import { statfsSync } from 'node:fs';
import { type CheckResult, resultsOf } from './check-result.ts';
import { installedFamily, installedManifest } from './installed-cdk.ts';
import { runProgram } from './program.ts';

const node = resultsOf('node');
const packages = resultsOf('packages');
const disk = resultsOf('disk');

export function checkNode(version = process.versions.node): CheckResult {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isAtLeast = (wanted: number, wantedMinor: number) =>
    major > wanted || (major === wanted && minor >= wantedMinor);
  if (!isAtLeast(20, 15)) return node.problem(`${version} is too old`, 'use 24');
  if (installedFamily() === 'cdktn' && !isAtLeast(22, 19)) {
    return node.warning(`${version} is older than CDK Terrain wants (22.19)`, 'use 24');
  }
  return major < 22 ? node.warning(`${version} gets no security fixes since April 2026`, 'use 24') : node.ok(version);
}

/** The packages that an app and its CLI need, as the current directory has them. */
export function checkPackages(): CheckResult[] {
  const family = installedFamily();
  return [family, `${family}-cli`, 'constructs'].map((name) => {
    const manifest = installedManifest(name);
    return manifest
      ? packages.ok(`${name} ${manifest.version}`)
      : packages.problem(`${name} is not installed`, `run: npm install ${name}`);
  });
}

const GIGABYTE = 1e9;

/** Room for the state, and for the engine's volumes and images where they are on this machine. */
export function checkDisk(engine: readonly string[] | undefined): CheckResult[] {
  const root = engine && runProgram('docker', [...engine, 'info', '--format', '{{.DockerRootDir}}']).stdout;
  return [process.cwd(), ...(root ? [root] : [])].flatMap((directory) => {
    const free = freeBytes(directory);
    return free === undefined ? [] : [diskResult(directory, free)];
  });
}

export function diskResult(directory: string, freeBytes: number): CheckResult {
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

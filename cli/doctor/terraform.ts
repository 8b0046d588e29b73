import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckResult, resultsOf } from './check-result.ts';
import { installedFamily, installedManifest } from './installed-cdk.ts';
import { runProgram } from './program.ts';

const terraform = resultsOf('terraform');
const providers = resultsOf('providers');

/** Terraform's or OpenTofu's program, and the providers in the versions that the packages of the bindings want. */
export function checkTerraform(): CheckResult[] {
  const program = process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform';
  const { status, stdout } = runProgram(program, ['version']);
  const [, product, version = '', major, minor] = /^(Terraform|OpenTofu) v((\d+)\.(\d+)\S*)/m.exec(stdout) ?? [];
  if (status !== 0 || !product) return [terraform.problem(...noProgram(program, status))];
  if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < 11)) {
    return [terraform.problem(`${product} ${version} has no write-only values`, 'install 1.11 or later')];
  }
  return [terraform.ok(`${product} ${version}`), ...configurationResults(), providersResult(program)];
}

function noProgram(program: string, status: number | undefined): [message: string, fix: string] {
  if (status === 0) return [`"${program}" is neither Terraform nor OpenTofu`, 'correct TERRAFORM_BINARY_NAME'];
  const hasTofu = program !== 'tofu' && runProgram('tofu', ['version']).status === 0;
  const fix = hasTofu
    ? 'to deploy with the OpenTofu on the PATH, set TERRAFORM_BINARY_NAME=tofu'
    : 'install Terraform or OpenTofu 1.11 or later, or name its program in TERRAFORM_BINARY_NAME';
  return [`there is no program "${program}"`, fix];
}

function configurationResults(): CheckResult[] {
  const file = process.env['TF_CLI_CONFIG_FILE'];
  if (!file || existsSync(file)) return [];
  return [terraform.warning(`TF_CLI_CONFIG_FILE names ${file}, which is missing`, 'correct or unset it')];
}

function providersResult(program: string): CheckResult {
  const required = requiredProviders();
  const names = Object.values(required).map(({ source, version }) => `${source} ${version}`);
  if (names.length === 0) {
    return providers.problem('the bindings of the providers are not installed', 'run: npm install');
  }
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'));
  try {
    writeFileSync(join(directory, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: required } }));
    const { status, complaint } = runProgram(program, ['init', '-no-color', '-input=false'], { cwd: directory });
    if (status === 0) return providers.ok(names.join(', '));
    return providers.problem(
      `${program} init does not find ${names.join(' and ')} (${complaint})`,
      'let this machine reach the registry, or put them into a mirror (TF_CLI_CONFIG_FILE, ~/.terraform.d/plugins)',
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** By name; without those whose package is missing. */
function requiredProviders(): Record<string, { source: string; version: string }> {
  const family = installedFamily();
  return Object.fromEntries(
    ['docker', 'postgresql'].flatMap((name) => {
      const manifest = installedManifest(`@${family}/provider-${name}`);
      const provider = (manifest?.cdktn ?? manifest?.cdktf)?.provider;
      // A deploy names no registry: Terraform and OpenTofu look in their own.
      return provider
        ? [[name, { source: provider.name.replace(/^registry\.terraform\.io\//, ''), version: provider.version }]]
        : [];
    }),
  );
}

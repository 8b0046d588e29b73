import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finding, findings } from './finding.ts';
import { runProgram } from './program.ts';

const terraform = findings('terraform');
const providers = findings('providers');

/** The program, and the providers in the versions that the packages of the bindings want. */
export function checkTerraform(): Finding[] {
  const program = process.env['TERRAFORM_BINARY_NAME'] ?? 'terraform';
  const { status, stdout } = runProgram(program, ['version', '-json']);
  if (status !== 0) {
    const fix = 'install Terraform 1.11 or later, or name its program in TERRAFORM_BINARY_NAME';
    return [terraform.problem(`there is no program "${program}"`, fix)];
  }
  const version = (JSON.parse(stdout) as { terraform_version: string }).terraform_version;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 1 || (major === 1 && minor < 11)) {
    return [terraform.problem(`${program} ${version} has no write-only values`, 'install 1.11 or later')];
  }
  return [terraform.ok(`${program} ${version}`), ...configurationFindings(), providersFinding(program)];
}

function configurationFindings(): Finding[] {
  const file = process.env['TF_CLI_CONFIG_FILE'];
  if (!file || existsSync(file)) return [];
  return [terraform.warning(`TF_CLI_CONFIG_FILE names ${file}, which is missing`, 'correct or unset it')];
}

function providersFinding(program: string): Finding {
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
      `terraform init does not find ${names.join(' and ')} (${complaint})`,
      'let this machine reach the registry, or put them into a mirror (TF_CLI_CONFIG_FILE, ~/.terraform.d/plugins)',
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** By name; without those whose package is missing. */
function requiredProviders(): Record<string, { source: string; version: string }> {
  const require = createRequire(join(process.cwd(), 'package.json'));
  return Object.fromEntries(
    ['docker', 'postgresql'].flatMap((name) => {
      try {
        const { cdktf } = require(`@cdktf/provider-${name}/package.json`) as {
          cdktf: { provider: { name: string; version: string } };
        };
        return [[name, { source: cdktf.provider.name, version: cdktf.provider.version }]];
      } catch {
        return [];
      }
    }),
  );
}

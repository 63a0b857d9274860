// What went wrong with a failed command: each kind of cause on a made-up machine, and the guard's say about what is proposed.
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { fixOf } from '../../../../src/assist/copilot/fix/fix.ts'
import type { World } from '../../../../src/assist/copilot/fix/rule.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { NO_ANSWER } from '../../../../src/assist/copilot/types.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'

const COMMANDS = {
  git: {
    s: [
      ...['push', 'pull', 'status', 'commit', 'checkout', 'clone'].map((name) => [[name], {}]),
      [['stash'], { s: ['pop', 'apply', 'drop', 'list'].map((name) => [[name], {}]) }],
    ],
  },
  docker: {
    s: ['ps', 'run', 'rm', 'logs'].map((name) => [
      [name],
      { o: [{ n: ['--format'] }, { n: ['--all', '-a'] }] },
    ]),
  },
  curl: {},
  rg: {},
  find: {},
}
const knowledge = {
  source: undefined,
  command: (name: string) => (COMMANDS as Record<string, unknown>)[name],
  names: () => Object.keys(COMMANDS),
  wordings: () => undefined,
} as unknown as Knowledge

interface Place {
  readonly files?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly isRoot?: boolean
  /** Paths that this person may not read, write or run. */
  readonly forbidden?: readonly string[]
  readonly ports?: Readonly<Record<number, { pid: number; name: string } | null>>
}

const PROGRAMS = ['bash', 'git', 'docker', 'nginx', 'ls', 'cat', 'make', 'apt-get', 'python3', 'ssh']

function worldOf({
  files = {},
  cwd = '/home/ann/shop',
  isRoot = false,
  forbidden = [],
  ports = {},
}: Place): World {
  const all = new Set(['/', cwd])
  for (const path of Object.keys(files))
    for (let at = dirname(path); at !== '/'; at = dirname(at)) all.add(at)
  for (let at = cwd; at !== '/'; at = dirname(at)) all.add(at)
  return {
    cwd,
    home: '/home/ann',
    isRoot,
    programs: () => PROGRAMS,
    kind: (path) => (path in files ? 'file' : all.has(path) ? 'directory' : undefined),
    list: (path) =>
      [...Object.keys(files), ...all].flatMap((one) =>
        one !== '/' && dirname(one) === path ? [one.slice(path.length).replace(/^\//, '')] : [],
      ),
    read: (path) => files[path],
    can: (path) => !forbidden.includes(path),
    listener: (port) => ports[port],
  }
}

const fixed = (
  line: string,
  exitCode: number | null,
  place: Place = {},
  asWords = (_: string) => NO_ANSWER,
) =>
  fixOf(
    { line, exitCode },
    { world: worldOf(place), knowledge, judge: (one) => checkCommand(one, {}), asWords },
  )

const REPOSITORY = {
  '/home/ann/shop/.git/HEAD': 'ref: refs/heads/main\n',
  '/home/ann/shop/.git/refs/heads/main': 'x',
  '/home/ann/shop/.git/config': '[remote "origin"]\n\turl = x\n',
}

const SYSTEMD = { '/run/systemd/system/a': '' }
const SERVER = { '/home/ann/shop/srv.js': 'server.bind(("127.0.0.1", 3000))\n' }
const WHO = "git config --global user.name 'NAME' && git config --global user.email EMAIL"

test.each<[line: string, code: number | null, place: Place, next: string | null, says: string]>([
  ['gti status', 127, {}, 'git status', 'no command gti'],
  ['echo a && gti log | head', 127, {}, 'echo a && git log | head', 'no command gti'],
  ['cd..', 127, {}, 'cd ..', 'no blank'],
  ['rg TODO', 127, {}, 'sudo apt install ripgrep', 'not installed'],
  ['rg TODO', 127, { isRoot: true }, 'apt install ripgrep', 'not installed'],
  ['frobnicate', 127, {}, null, 'no program frobnicate'],
  ['git psuh', 1, {}, 'git push', 'no command psuh'],
  ['git stash aply', 1, {}, 'git stash apply', 'git stash has no command aply'],
  ['cd..', 127, {}, 'cd ..', 'no blank behind cd'],
  ['ls-la src && pwd', 127, {}, 'ls -la src && pwd', 'no blank behind ls'],
  ["find . -name '*.o' -exec rm {}", 1, {}, "find . -name '*.o' -exec rm {} \\;", '-exec'],
  [
    String.raw`find . -exec rm {} \; -nmae x`,
    1,
    {},
    String.raw`find . -exec rm {} \; -name x`,
    'no option -nmae',
  ],
  [
    './rnu.sh fast',
    127,
    { files: { '/home/ann/shop/run.sh': '' } },
    './run.sh fast',
    './rnu.sh is not there',
  ],
  ['cd/tmp', 127, {}, 'cd /tmp', 'no blank behind cd'],
  ['echo ls-la; ls-la', 127, {}, 'echo ls-la; ls -la', 'no blank behind ls'],
  ['find . -exec mv {} /tmp', 1, {}, String.raw`find . -exec mv {} /tmp \;`, '-exec'],
  ['./none.sh', 127, {}, null, './none.sh is not there'],
  ['docker ps --foramt=json', 125, {}, 'docker ps --format=json', 'no option --foramt'],
  [
    './run.sh fast',
    126,
    { files: { '/home/ann/shop/run.sh': '' }, forbidden: ['/home/ann/shop/run.sh'] },
    'chmod +x ./run.sh && ./run.sh fast',
    'may not be run',
  ],
  ['/home/ann', 126, {}, 'cd /home/ann', 'is a directory'],
  ['apt install vim', 100, {}, 'sudo apt install vim', 'only root may'],
  ['systemctl restart nginx', 1, { files: SYSTEMD }, 'sudo systemctl restart nginx', 'by root'],
  ['systemctl restart nginx', 1, {}, 'sudo service nginx restart', 'Systemd does not run'],
  [
    'cat /etc/shadow',
    1,
    { files: { '/etc/shadow': '' }, forbidden: ['/etc/shadow'] },
    'sudo cat /etc/shadow',
    'may not read',
  ],
  ['sudo cat /etc/shadow', 1, { files: { '/etc/shadow': '' }, forbidden: ['/etc/shadow'] }, null, ''],
  ['cat redme.md', 1, { files: { '/home/ann/shop/readme.md': '' } }, 'cat readme.md', 'is not there'],
  [
    'cat "my note.md"',
    1,
    { files: { '/home/ann/shop/my notes.md': '' } },
    "cat 'my notes.md'",
    'is not there',
  ],
  ['cd ../shpo/src', 1, { files: { '/home/ann/shop/src/a': '' } }, 'cd ../shop/src', 'is not there'],
  ['mkdir a/b/c', 1, {}, 'mkdir -p a/b/c', 'directory above'],
  ['mkdir src', 1, { files: { '/home/ann/shop/src/a': '' } }, 'cd src', 'there already'],
  ['mkdir --context=p a/b', 1, {}, 'mkdir -p --context=p a/b', 'directory above'],
  ['mkdir --parents a/b', 1, {}, null, ''],
  ['cp src copy', 1, { files: { '/home/ann/shop/src/a': '' } }, 'cp -r src copy', 'is a directory'],
  ['cp --verbose src y', 1, { files: { '/home/ann/shop/src/a': '' } }, 'cp -r --verbose src y', 'directory'],
  ['cp --archive src y', 1, { files: { '/home/ann/shop/src/a': '' } }, null, ''],
  ['cp -vR src y', 1, { files: { '/home/ann/shop/src/a': '' } }, null, ''],
  ['rm --force src', 1, { files: { '/home/ann/shop/src/a': '' } }, 'rm -r --force src', 'is a directory'],
  ['rm --recursive src', 1, { files: { '/home/ann/shop/src/a': '' } }, null, ''],
  ['touch deep/er/file', 1, {}, 'mkdir -p deep/er && touch deep/er/file', 'is not there'],
  [
    'make test',
    2,
    { cwd: '/home/ann/shop/src', files: { '/home/ann/shop/Makefile': '' } },
    'cd .. && make test',
    'looks for Makefile',
  ],
  [
    'git status',
    128,
    { files: { '/home/ann/shop/app/.git/HEAD': '' } },
    'cd app && git status',
    'looks for .git',
  ],
  ['git push', 128, { files: REPOSITORY }, 'git push --set-upstream origin main', 'no upstream'],
  ['git checkout mian', 1, { files: REPOSITORY }, 'git checkout main', 'no branch mian'],
  [
    'git merge topic',
    1,
    { files: { ...REPOSITORY, '/home/ann/shop/.git/MERGE_HEAD': '' } },
    'git status',
    'conflicts',
  ],
  [
    'git clone ssh://host/x/app.git',
    128,
    { files: { '/home/ann/shop/app/a': '' } },
    'cd app',
    'there already',
  ],
  [
    'python3 -m http.server 8000',
    1,
    { ports: { 8000: { pid: 4711, name: 'node' } } },
    'kill 4711',
    'node (process 4711)',
  ],
  [
    'docker run -p 8080:80 web',
    125,
    { files: { '/var/run/docker.sock': '' }, ports: { 8080: null } },
    "sudo ss -ltnp 'sport = :8080'",
    'listens at port 8080',
  ],
  ['docker run -p 8080:80 web', 125, {}, 'sudo service docker start', 'daemon does not run'],
  ['node srv.js', 1, { files: SERVER, ports: { 3000: { pid: 7, name: 'node' } } }, 'kill 7', 'port 3000'],
  ['node srv.js', 1, { files: SERVER }, null, ''],
  ['python3 -m http.server', 1, { ports: { 8000: null } }, "sudo ss -ltnp 'sport = :8000'", 'port 8000'],
  ['nginx', 1, { isRoot: true, ports: { 80: null } }, "ss -ltnp 'sport = :80'", 'port 80'],
  ['python3 -m http.server 80', 1, {}, 'sudo python3 -m http.server 80', 'Only root'],
  [
    'docker compose up',
    1,
    {
      files: { '/var/run/docker.sock': '', '/home/ann/shop/compose.yaml': 'ports:\n  - "8080:80"\n' },
      ports: { 8080: { pid: 9, name: 'web' } },
    },
    'kill 9',
    'port 8080',
  ],
  [
    'Error: listen EADDRINUSE: address already in use :::3000',
    null,
    {},
    "sudo ss -ltnp 'sport = :3000'",
    'taken',
  ],
  [
    'Bind for 0.0.0.0:8080 failed: port is already allocated',
    null,
    { ports: { 8080: { pid: 9, name: 'web' } } },
    'kill 9',
    'port 8080',
  ],
  ["ModuleNotFoundError: No module named 'yaml'", null, {}, 'python3 -m pip install yaml', 'no module yaml'],
  ["Error: Cannot find module 'left-pad'", null, {}, 'npm install left-pad', 'no package left-pad'],
  ['bash: gti: command not found', null, {}, 'git', 'no command gti'],
  ['zsh: command not found: rg', null, {}, 'sudo apt install ripgrep', 'not installed'],
  ['sh: 1: rg: not found', null, {}, 'sudo apt install ripgrep', 'not installed'],
  [
    'fatal: not a git repository (or any of the parent directories): .git',
    null,
    { files: { '/home/ann/shop/app/.git/HEAD': '' } },
    'cd app && git status',
    'looks for .git',
  ],
  ['git@host: Permission denied (publickey).', null, {}, 'ssh-add -l', 'none of your keys'],
  ['Segmentation fault: core dumped', null, {}, null, ''],
  ['fatal: something else', null, {}, null, ''],
  ['git commit -m x', 128, { files: REPOSITORY }, WHO, 'your name'],
  ['*** Please tell me who you are.', null, {}, WHO, 'your name'],
  [
    'git commit -m x',
    128,
    { files: { ...REPOSITORY, '/home/ann/.gitconfig': '[user]\n\temail = a@b.example\n' } },
    'git commit -a -m x',
    'staged',
  ],
  ["python3 -c 'print(1'", 1, {}, null, ''],
  ['node app.js fast', 1, { files: { '/home/ann/shop/app.js': '' } }, null, ''],
  ['head -n 3 nots.txt', 1, { files: { '/home/ann/shop/notes.txt': '' } }, 'head -n 3 notes.txt', 'nots.txt'],
  ['tar xzf a.tgz', 2, { files: { '/home/ann/shop/a.tar.gz': '' } }, null, 'a.tgz is not there'],
  ['tar -czf new.tgz src', 2, { files: { '/home/ann/shop/src/a': '' } }, null, ''],
  [
    'cp a.txt sub/',
    1,
    { files: { '/home/ann/shop/a.txt': '' } },
    'mkdir -p sub/ && cp a.txt sub/',
    'sub/ is',
  ],
  ['cp a.txt sub/', 1, {}, null, 'a.txt is not there'],
  [
    'npm run biuld',
    1,
    { files: { '/home/ann/shop/package.json': '{"scripts":{"build":"x"}}' } },
    'npm run build',
    'no script biuld',
  ],
  ['make tset', 2, { files: { '/home/ann/shop/Makefile': 'test: a\n' } }, 'make test', 'no target tset'],
  [
    'pip install yaml',
    1,
    { files: { '/usr/lib/python3.11/EXTERNALLY-MANAGED': '' } },
    'python3 -m venv .venv && .venv/bin/pip install yaml',
    'virtual environment',
  ],
  ['kill 4711', 1, {}, null, 'no process 4711'],
  ['kill nginx', 1, {}, 'pkill -x nginx', 'number of a process'],
  ['sudo kill -9 nginx', 1, {}, 'sudo pkill -x -9 nginx', 'number of a process'],
  ['kill -s TERM', 1, {}, null, ''],
  ['kill %1', 1, {}, null, ''],
  ['curl http://127.0.0.1:1/', 7, {}, null, 'Nobody answers'],
  ['find . -nmae x', 1, {}, 'find . -name x', 'no option -nmae'],
  ['bash nosuch.sh', 127, {}, null, 'nosuch.sh is not there'],
  ['sleep 100', 130, {}, null, 'Ctrl-C'],
  ['true', 1, {}, null, ''],
])('%s (%s)', (line, code, place, next, says) => {
  const { command, problem } = fixed(line, code, place)
  expect([command, problem ?? '']).toEqual([next, expect.stringContaining(says)])
})

test('what is proposed is judged as a line that is typed; what the guard blocks is not proposed', () => {
  const files = { '/home/ann/shop/src/a': '' }
  expect(fixed('rm src', 1, { files })).toMatchObject({
    command: 'rm -r src',
    decision: expect.any(String),
    confidence: 'perhaps',
  })
  const blocked = fixOf(
    { line: 'gti status', exitCode: 127 },
    {
      world: worldOf({}),
      knowledge,
      judge: (one) => ({ ...checkCommand(one, {}), decision: 'block' }),
      asWords: () => NO_ANSWER,
    },
  )
  expect(blocked).toMatchObject({ command: null, problem: expect.stringContaining('gti') })
})

test('words that are no command are answered as karo ask answers them', () => {
  const asWords = (words: string) => ({ ...NO_ANSWER, command: `found for ${words}` })
  expect(fixed('show everything', 127, {}, asWords).command).toBe('found for show everything')
  // A script that is not there is no request: what runs or explains it would fail too.
  expect(fixed('./deploy.sh', 127, {}, asWords)).toMatchObject({
    command: null,
    problem: './deploy.sh is not there.',
  })
})

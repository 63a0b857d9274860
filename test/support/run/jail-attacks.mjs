// What a tool in a jail of karo run may try: each row is tried, and says `done` or why not. The same rows are tried without a jail.
import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'

const { home, other, karo, project, pid, port, socket, abstract } = JSON.parse(process.argv[2])
const rows = {}
const tried = (name, attempt) => {
  try {
    const said = attempt()
    rows[name] = said === false ? 'refused' : 'done'
  } catch (error) {
    rows[name] = error.code ?? String(error)
  }
}
const TEXT = '# written by the attack\n'
const put = (path) => {
  fs.mkdirSync(join(path, '..'), { recursive: true })
  fs.appendFileSync(path, TEXT)
}

for (const [name, path] of Object.entries({
  key: join(home, '.ssh/id'),
  other: join(other, 'secret'),
  karo: join(karo, 'config.toml'),
  cloud: join(project, '.aws/credentials'),
}))
  tried(`read: ${name}`, () => fs.readFileSync(path, 'utf8').length > 0)
for (const name of ['config.toml', 'guard.toml', 'identity.key', 'db/attack'])
  tried(`karo: ${name}`, () => put(join(karo, name)))
for (const name of [
  '.bashrc',
  '.profile',
  '.config/fish/config.fish',
  '.claude/settings.json',
  '.claude/settings.local.json',
  '.ssh/authorized_keys',
])
  tried(`home: ${name}`, () => put(join(home, name)))
tried('other home: write', () => put(join(other, 'attack')))
tried('beside the project', () => put(join(project, '../beside')))

// First around what is guarded, because a row below could make the way.
for (const name of ['.git', '.claude', '.github']) {
  tried(`rename ${name}`, () => {
    const at = join(project, name)
    fs.renameSync(at, `${at}-away`)
    try {
      put(join(at, 'hooks/pre-commit'))
    } finally {
      fs.rmSync(at, { recursive: true })
      fs.renameSync(`${at}-away`, at)
    }
  })
}
tried('rename .git/hooks', () => {
  fs.renameSync(join(project, '.git/hooks'), join(project, '.git/away'))
  fs.renameSync(join(project, '.git/away'), join(project, '.git/hooks'))
})
tried('link in place of .git/config', () => {
  const at = join(project, '.git/config')
  const text = fs.readFileSync(at)
  fs.rmSync(at)
  fs.symlinkSync('../evil', at)
  fs.rmSync(at)
  fs.writeFileSync(at, text)
})
tried('rename over .git/config', () => {
  fs.copyFileSync(join(project, '.git/config'), join(project, 'copy'))
  fs.renameSync(join(project, 'copy'), join(project, '.git/config'))
})
tried('hard link to .git/config', () => {
  fs.linkSync(join(project, '.git/config'), join(project, 'second'))
  fs.rmSync(join(project, 'second'))
})
tried('through a link of its own', () => {
  fs.symlinkSync('.git/hooks', join(project, 'way'))
  try {
    put(join(project, 'way/post-commit'))
  } finally {
    fs.rmSync(join(project, 'way'))
  }
})
for (const name of ['.codex', '.opencode'])
  tried(`a link in place of ${name}`, () => {
    fs.rmSync(join(project, name), { recursive: true, force: true })
    fs.symlinkSync('src', join(project, name))
    fs.rmSync(join(project, name))
  })
for (const name of [
  ...[
    '.git/hooks/pre-commit',
    '.git/config',
    '.git/config.worktree',
    '.git/commondir',
    '.claude/settings.json',
    '.claude/more.json',
  ],
  ...[
    '.codex/hooks.json',
    '.gemini/settings.json',
    '.opencode/plugin/x.js',
    '.cursor/hooks.json',
    '.github/hooks/karo.json',
  ],
  ...['.vscode/tasks.json', '.envrc', '.mcp.json', 'opencode.json'],
])
  tried(`project: ${name}`, () => put(join(project, name)))

tried('/proc of a process outside', () => fs.readFileSync(`/proc/${pid}/environ`).length > 0)
tried(
  'root of a process outside',
  () => fs.readFileSync(`/proc/${pid}/root${join(home, '.ssh/id')}`).length > 0,
)
tried('root of the first process', () => fs.readFileSync(`/proc/1/root${join(home, '.ssh/id')}`).length > 0)
tried('signal to a process outside', () => process.kill(pid, 0))

const X64 = process.arch === 'x64'
/** A program of Perl; true where it ended well. */
const perl = (text, ...words) =>
  spawnSync('/usr/bin/perl', ['-e', text, ...words], { stdio: 'inherit' }).status === 0
// The number stands alone: the first word of syscall in Perl is a scalar, and of a list that is its length.
const CALL = 'my ($number, @words) = map { $_ + 0 } @ARGV; exit(syscall($number, @words) < 0 ? 1 : 0)'
// Without a jail these would be done, to the machine of the tests.
if (process.env.KARO_RUN !== undefined) {
  // PTRACE_SEIZE, which does not stop the process; detached when the tracer ends.
  tried('ptrace', () => perl(CALL, X64 ? '101' : '117', '16902', String(pid), '0', '0'))
  tried('a user namespace', () => perl(CALL, X64 ? '272' : '97', String(0x1000_0000)))
  tried('a mount', () =>
    perl(
      'exit(syscall(@ARGV ? 0+$ARGV[0] : 0, "none", $ARGV[1], "tmpfs", 0, 0) < 0 ? 1 : 0)',
      X64 ? '165' : '40',
      join(project, 'src'),
    ),
  )
  tried('unmount', () =>
    perl(
      'exit(syscall(0+$ARGV[0], $ARGV[1], 2) < 0 ? 1 : 0)',
      X64 ? '166' : '39',
      join(project, '.git/hooks'),
    ),
  )
  tried('typing at the terminal', () =>
    perl('open my $t, "+<", "/dev/tty" or exit 2; my $c = "#"; exit(ioctl($t, 0x5412, $c) ? 0 : 1)'),
  )
}

const reaches = (where, sent) =>
  new Promise((resolve) => {
    const link = connect(where)
    const end = (word) => {
      link.destroy()
      resolve(word)
    }
    link.once('error', (error) => end(error.code ?? 'refused'))
    link.once('connect', () => (sent === undefined ? end('done') : link.write(sent)))
    link.on('data', (piece) => end(/^HTTP\/1\.1 200/.test(String(piece)) ? 'done' : 'refused'))
    link.once('close', () => end('refused'))
  })
rows['socket of the daemon'] = await reaches({ path: socket })
rows['abstract socket'] = await reaches({ path: `\0${abstract}` })
rows['port of the machine'] = await reaches({ host: '127.0.0.1', port })
const proxy = /:(\d+)$/.exec(process.env.HTTP_PROXY ?? '')?.[1]
for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433', '127.1'])
  rows[`by the proxy: ${host}`] =
    proxy === undefined
      ? await reaches({ host: '127.0.0.1', port })
      : await reaches(
          { host: '127.0.0.1', port: Number(proxy) },
          `CONNECT ${host}:${port} HTTP/1.1\r\nHost: x\r\n\r\n`,
        )

process.stdout.write(`${JSON.stringify(rows)}\n`)

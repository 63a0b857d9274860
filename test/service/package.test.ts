// Packages: the same bytes wherever, whenever and by whomever they are made; nothing of the maker's machine inside.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, inject, test } from 'vitest'
import { type Entry, tar, withDirectories } from '../../scripts/package/tar.ts'
import { LEVEL, NEW, OLD, sourceEpoch } from '../support/node/packages.ts'
import { atEnd } from '../support/run/processes.ts'

const ROOT = join(import.meta.dirname, '../..')
function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'karo-package-'))
  atEnd(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Nobody's, where root may become somebody else. */
const STRANGER = 65534

/** The same files at another path, made in another order at another time. */
function elsewhere(): string {
  const copy = temporary()
  const parts = [
    'src',
    'protocols',
    'scripts',
    'systemd',
    'packaging',
    'configs',
    'docs',
    'package.json',
    'README.md',
    'NOTICE',
    'tsconfig.json',
    'test/vectors',
  ]
  for (const part of parts.reverse()) cpSync(join(ROOT, part), join(copy, part), { recursive: true })
  // Whoever makes packages of it is not the owner of the links.
  chmodSync(copy, 0o755)
  // Links where they can be made: it is a third of a gigabyte. Tests beside this one write into what caches are in it.
  const modules = readdirSync(join(ROOT, 'node_modules')).filter((name) => !/^\.(cache|vite)/.test(name))
  const there = join(copy, 'node_modules')
  mkdirSync(there)
  const words = [...modules.map((name) => join(ROOT, 'node_modules', name)), there]
  if (spawnSync('cp', ['-al', ...words]).status !== 0) execFileSync('cp', ['-a', ...words])
  return copy
}

const here = inject('packages')
/** Those of the version that the sources have. */
const names = readdirSync(here)
  .filter((name) => /^karo.*\.(gz|deb)$/.test(name) && !name.includes(OLD) && !name.includes(NEW))
  .sort()

test('a .deb, a bundle, and their checksums', () => {
  const version = '\\d+\\.\\d+\\.\\d+(~\\d{14}\\.[0-9a-f]{10}(\\.changed)?)?'
  expect(names).toEqual([
    expect.stringMatching(new RegExp(`^karo-${version}-linux-(x64|arm64)\\.tar\\.gz$`)),
    expect.stringMatching(new RegExp(`^karo_${version}_(amd64|arm64)\\.deb$`)),
  ])
  expect(spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: here }).status).toBe(0)
})

test('another checkout, user, time zone, language and umask make the same bytes', () => {
  const version = /^karo_(.*)_[a-z0-9]+\.deb$/.exec(names.at(-1) ?? '')?.[1] ?? ''
  const [copy, there] = [elsewhere(), temporary()]
  const asStranger = process.getuid?.() === 0 ? { uid: STRANGER, gid: STRANGER } : {}
  if (process.getuid?.() === 0) chownSync(there, STRANGER, STRANGER)
  const zone = { TZ: 'Pacific/Kiritimati', LC_ALL: 'C.UTF-8', HOME: temporary() }
  // Its own runtime: a stranger may not be able to come to this checkout's.
  const node = join(copy, 'node_modules/node/bin/node')
  const args = [join(copy, 'scripts/package.ts'), '--out', there, '--level', LEVEL, '--version', version]
  execFileSync('sh', ['-c', 'umask 077; exec "$0" "$@"', node, ...args], {
    cwd: there,
    env: { ...process.env, ...zone, SOURCE_DATE_EPOCH: sourceEpoch() },
    ...asStranger,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  for (const name of names) {
    expect(readFileSync(join(there, name)).equals(readFileSync(join(here, name))), name).toBe(true)
  }
})

test('nothing in them tells where they were made', () => {
  const bundle = gunzipSync(readFileSync(join(here, names[0] ?? '')))
  expect(bundle.includes('/usr/lib/karo/bin/node')).toBe(true)
  for (const path of ['src', 'scripts', 'node_modules', 'dist'].map((part) => join(ROOT, part)))
    expect(bundle.includes(`${path}/`), path).toBe(false)
})

test('completions and manual pages are where Debian looks for them, with the licences of what is inside', () => {
  const listed = execFileSync('dpkg-deb', ['--fsys-tarfile', join(here, names[1] ?? '')], {
    maxBuffer: 2 ** 30,
  })
  const paths = execFileSync('tar', ['-t'], { input: listed, encoding: 'utf8' }).split('\n')
  for (const path of [
    'bash-completion/completions/karo',
    'zsh/vendor-completions/_karo',
    'fish/vendor_completions.d/karo.fish',
    'man/man1/karo.1.gz',
    'man/man1/karo-peers.1.gz',
    'man/man5/karo.toml.5.gz',
    'doc/karo/NODE-LICENSE.txt',
    'doc/karo/THIRD-PARTY.txt',
    'doc/karo/copyright',
    'doc/karo/changelog.gz',
    'karo/prometheus/karo-alerts.yml',
    'karo/prometheus/karo-alerts.test.yml',
    'karo/prometheus/karo-alerts-days.test.yml',
    'karo/prometheus/scrape.yml',
    'karo/grafana/karo.json',
  ])
    expect(paths).toContain(`./usr/share/${path}`)
})

test('whoever has no root is told how the unpacked archive is their own, which has its manual pages', () => {
  const there = temporary()
  execFileSync('tar', ['-xf', join(here, names[0] ?? ''), '--strip-components=1', '-C', there])
  const script = readFileSync(join(there, 'install.sh'))
  const asNobody = process.getuid?.() === 0 ? { uid: STRANGER, gid: STRANGER } : {}
  chmodSync(there, 0o755)
  const said = spawnSync('sh', ['-s'], { cwd: there, input: script, encoding: 'utf8', ...asNobody }).stderr
  const env = { HOME: temporary(), PATH: process.env.PATH }
  execFileSync('sh', ['-c', `${said.split('\n')[1]} bash`], { env })
  expect(existsSync(join(env.HOME, '.local/share/man/man1/karo-peers.1.gz'))).toBe(true)
  expect(execFileSync(join(env.HOME, '.local/bin/karo'), ['version'], { env, encoding: 'utf8' })).toMatch(
    /^karo /,
  )
})

// Minutes on a busy machine, and a hundred packages of Perl: where somebody has it.
const hasLintian = spawnSync('lintian', ['--version']).status === 0
test.runIf(hasLintian)('lintian has nothing to say that is not explained', () => {
  const ran = spawnSync('lintian', ['--allow-root', join(here, names[1] ?? '')], { encoding: 'utf8' })
  expect(ran.stdout).toBe('')
  expect(ran.status).toBe(0)
})

test('the maintainer scripts are shell that every sh can read', () => {
  const scripts = globSync('packaging/{debian/p*,*.sh}', { cwd: ROOT })
  expect(scripts.length).toBeGreaterThan(3)
  for (const script of scripts) expect(spawnSync('sh', ['-n', join(ROOT, script)]).status, script).toBe(0)
})

test('install.sh says to anybody how it is used, and does nothing for words that it does not know', () => {
  const script = join(ROOT, 'packaging/install.sh')
  const asNobody = process.getuid?.() === 0 ? { uid: STRANGER, gid: STRANGER } : {}
  for (const word of ['--help', '-h']) {
    // From standard input, because a stranger may not be able to come to this checkout.
    const ran = spawnSync('sh', ['-s', '--', word], {
      input: readFileSync(script),
      encoding: 'utf8',
      ...asNobody,
    })
    expect([ran.status, ran.stderr]).toEqual([0, ''])
    for (const option of ['--no-start', '--remove', '--purge', '--help'])
      expect(ran.stdout).toContain(`  ${option} `)
  }
  for (const words of [['--purge-everything'], ['--remove', '--purge']]) {
    const ran = spawnSync('sh', ['-s', '--', ...words], {
      input: readFileSync(script),
      encoding: 'utf8',
      ...asNobody,
    })
    expect([ran.status, ran.stdout]).toEqual([1, ''])
    expect(ran.stderr).toContain('--help')
  }
})

const hasAnalyze = spawnSync('systemd-analyze', ['--version']).status === 0
test.runIf(hasAnalyze).each([
  ['karo', '1.4 OK', 20],
  ['karo-exec', '2.1 OK', 25],
  ['karo-report', '0.7 SAFE', 7],
] as const)('the exposure of %s.service stays what it is documented to be', (unit, level, most) => {
  const judge = (threshold: number) =>
    spawnSync(
      'systemd-analyze',
      [
        '--offline=true',
        `--threshold=${threshold}`,
        '--no-pager',
        'security',
        join(ROOT, `systemd/${unit}.service`),
      ],
      { encoding: 'utf8' },
    )
  expect(judge(most).stdout).toContain(`Overall exposure level for ${unit}.service: ${level}`)
  expect(judge(most).status).toBe(0)
  // So that a tool that judges nothing is noticed.
  expect(judge(5).status).not.toBe(0)
})

test('archives hold what they were given, long names too, as tar itself reads them', () => {
  const directory = temporary()
  const long = `${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(80)}`
  const bytes = (text: string) => ({ bytes: Buffer.from(text) })
  const entries: Entry[] = [
    { path: long, mode: 0o644, content: bytes('long') },
    { path: 'b/run', mode: 0o755, content: bytes('x'.repeat(513)) },
    { path: 'a', mode: 0o777, content: { link: 'b/run' } },
    { path: 'b/empty', mode: 0o600, content: bytes('') },
  ]
  const archive = tar(withDirectories(entries), 1_000_000_000)
  const listed = execFileSync('tar', ['--utc', '-tvf', '-'], {
    input: archive,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  expect(
    listed
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
  ).toEqual([
    'lrwxrwxrwx root/root 0 2001-09-09 01:46 a -> b/run',
    'drwxr-xr-x root/root 0 2001-09-09 01:46 b/',
    '-rw------- root/root 0 2001-09-09 01:46 b/empty',
    '-rwxr-xr-x root/root 513 2001-09-09 01:46 b/run',
    `drwxr-xr-x root/root 0 2001-09-09 01:46 ${'d'.repeat(60)}/`,
    `drwxr-xr-x root/root 0 2001-09-09 01:46 ${dirname(long)}/`,
    `-rw-r--r-- root/root 4 2001-09-09 01:46 ${long}`,
  ])
  mkdirSync(join(directory, 'out'))
  execFileSync('tar', ['-xf', '-', '-C', join(directory, 'out')], { input: archive })
  expect(readFileSync(join(directory, 'out', long), 'utf8')).toBe('long')
  expect(readFileSync(join(directory, 'out/a'), 'utf8')).toHaveLength(513)
  expect(() => tar([{ path: 'x'.repeat(101), mode: 0o644, content: bytes('') }], 0)).toThrow(RangeError)
})

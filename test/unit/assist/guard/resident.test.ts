// The resident judge says of each line what the program would say, or leaves it to the program.
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { judgeAsked } from '../../../../src/assist/guard/asked.ts'
import { createMounts } from '../../../../src/assist/resident/mounts.ts'
import { type Request, requestReader } from '../../../../src/assist/resident/request.ts'
import { answerTo, createResident } from '../../../../src/assist/resident/resident.ts'
import { PLAIN_LINES } from '../../../../src/assist/risk/ruled-tools.ts'
import { makeFifo } from '../../../../src/base/kernel/fifo.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { RESIDENT } from '../../../../src/observe/hooks/guard/guard.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import { dangerousLines, everydayLines } from '../../../support/data/lines.ts'
import { times } from '../../../support/run/thorough.ts'
import { until } from '../../../support/run/until.ts'

const home = realpathSync(mkdtempSync(join(tmpdir(), 'karo-judge-')))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const request = (line: string, changes: Partial<Request> = {}): Request => ({
  nonce: '1',
  pid: process.pid,
  fd: 1,
  shell: 'bash',
  program: ['karo', 'guard', 'ask', '--home', home],
  length: line.length,
  names: '',
  line,
  env: { HOME: '/home/me' },
  ...changes,
})

/** Each line is judged twice, in milliseconds: of the corpora an even part, or all. */
const EVERY = times(17, 1)

test('lines of the corpora: run exactly where the program would let it run', async () => {
  const lines = [...everydayLines(), ...dangerousLines()]
  expect(lines.length).toBeGreaterThan(2_000)
  for (const { shell, command } of lines.filter((_, i) => i % EVERY === 0)) {
    // The shell that is only called sh has no guard.
    if (shell === 'sh') continue
    const place = { home: '/home/me', cwd: process.cwd(), karoHome: home }
    const env = { HOME: '/home/me', KARO_HOME: home }
    const { verdict, here } = await judgeAsked({ ...request(command, { shell }), env, place })
    expect(await answerTo(request(command, { shell }), home), command).toBe(
      verdict.decision === 'allow' ? `run - ${verdict.risk_level} ${here}` : undefined,
    )
  }
})

test('where a # begins no comment, what stands behind it is judged, and said and allowed as it was typed', async () => {
  const karoHome = temporaryDirectory()
  const place = { home: '/home/me', cwd: process.cwd(), karoHome }
  const judged = async (line: string, names = 'literal\u001e') =>
    (await judgeAsked({ ...request(line, { shell: 'zsh', names }), env: { KARO_HOME: karoHome }, place }))
      .verdict
  const found = await judged('git push -f # now')
  expect(found).toMatchObject({ command: 'git push -f # now', safer: "git push --force-with-lease '#' now" })
  for (const line of [
    'true # ; git push -f',
    'true "a" # ; git push -f',
    "true 'a \\' # ; git push -f",
    "true $'a\\'#' # ; git push -f",
    '(true; (#a; git push -f))',
    'true `#a; git push -f`',
    'true >#; git push -f',
    'cat <<E # ; git push -f\n#\nE',
    `true "${'\\x'.repeat(10_000)}" # ; git push -f`,
    `true ${'"a" '.repeat(5_000)}# ; git push -f`,
  ]) {
    const { matches } = await judged(line)
    expect(
      matches.map(({ rule }) => rule),
      line,
    ).toContain('git-force-push')
  }
  expect(await judged('true # ; git push -f', '')).toMatchObject({ matches: [] })
  for (const line of [
    `true '# ; git push -f' "# ; git push -f" $#`,
    'cat <<E\n# $(git push -f)\nE',
    'bash <<E\ntrue # ; git push -f\nE',
  ])
    expect((await judged(line)).decision, line).toBe((await judged(line, '')).decision)
  const line = 'true # ; git push -f'
  writeFileSync(join(karoHome, 'guard.toml'), `[[allow]]\nline = "${line}"\n`, { mode: 0o600 })
  expect((await judged(line)).decision).toBe('allow')
  expect((await judged(`${line} `)).decision).toBe('confirm')
})

test.each<[string, Partial<Request>]>([
  ['of another home', { program: ['karo', 'guard', 'ask', '--home', '/elsewhere'] }],
  [
    'of another program',
    { program: ['/usr/bin/node', '/elsewhere/karo.js', 'guard', 'ask', '--home', home] },
  ],
  ['of an account without HOME', { env: {} }],
])('what would be judged otherwise is left to the program: %s', async (_what, changes) => {
  expect(await answerTo(request('true'), home)).toBe('run - safe -')
  expect(await answerTo(request('true', changes), home)).toBeUndefined()
})

test('a line that names a file on a filesystem that does not answer is left to the program', async () => {
  const place = realpathSync(temporaryDirectory())
  const local = realpathSync(temporaryDirectory())
  symlinkSync(place, join(local, 'link to it'))
  writeFileSync(join(place, 'file'), '')
  const read = () =>
    `1 2 0:3 / ${place.replaceAll(' ', '\\040')} rw - nfs4 host:/x rw\n4 2 0:5 / / rw - ext4 /dev/x rw\n`
  const asked: string[] = []
  const answer = (line: string, ask: () => Promise<unknown>) => {
    const counted = (mount: string) => {
      asked.push(mount)
      return ask()
    }
    return answerTo(request(line), home, undefined, createMounts(home, { read, ask: counted }))
  }
  const never = () => new Promise(() => {})
  for (const line of [
    `touch '${place}/file'`,
    `touch '${local}/link to it/file'`,
    `touch '${local}/../${basename(place)}/x'`,
  ]) {
    expect(await answer(line, never), line).toBeUndefined()
    expect(await answer(line, async () => {}), line).toMatch(/^run - /)
    expect(await answer(line, () => Promise.reject(new Error('ENOTCONN'))), line).toMatch(/^run - /)
  }
  expect(new Set(asked)).toEqual(new Set([place]))
  // Files elsewhere need no answer of it.
  asked.length = 0
  expect(await answer(`touch '${local}/file'`, never)).toBe('run - safe -')
  expect(asked).toEqual([])
})

test('a line that names a file where an automounter has mounted nothing yet is left to the program', async () => {
  const place = realpathSync(temporaryDirectory())
  const automounter = `1 2 0:3 / ${place} rw - autofs systemd-1 rw\n4 2 0:5 / / rw - ext4 /dev/x rw\n`
  const answer = (mountinfo: string) => {
    const deps = { read: () => mountinfo, ask: async () => {} }
    return answerTo(request(`touch '${place}/file'`), home, undefined, createMounts(home, deps))
  }
  expect(await answer(automounter)).toBeUndefined()
  expect(await answer(`${automounter}5 1 0:6 / ${place} rw - nfs4 host:/x rw\n`)).toMatch(/^run - /)
})

const recordOf = (nonce: string, line: string): string =>
  [RESIDENT.version, '12', '3', 'zsh', 'karo\u001fguard', '8', '', line, 'HOME=/h=1', nonce]
    .map((field) => `${nonce}=${field}\0`)
    .join('')
    .concat('\0')

test('pieces of two requests never make one that is answered', () => {
  const mine = recordOf('7', 'rm -rf /srv')
  const other = recordOf('8', 'true')
  for (let first = 1; first < mine.length; first++)
    // Shells write pieces of at least a thousand bytes, so the first field is never cut.
    for (let second = other.indexOf('\0') + 1; second < other.length; second++) {
      const read = requestReader()
      const pieces = [mine.slice(0, first), other.slice(0, second), mine.slice(first), other.slice(second)]
      const seen = pieces.flatMap((piece) => read(piece)).map(({ nonce, line }) => `${nonce} ${line}`)
      // A request whose pieces are together again may be answered; no line may be under another nonce or be changed.
      for (const one of seen) expect(['7 rm -rf /srv', '8 true'], `${first} ${second}`).toContain(one)
      // Nor may it lose or gain a field.
      expect(seen.length).toBeLessThan(2)
    }
  const read = requestReader()
  expect(read(mine.slice(0, -1 - '7=7\0'.length).concat('\0'))).toEqual([])
  expect(read(mine + other).length).toBe(2)
})

test('a request is read whole, in pieces, and behind what is none', () => {
  const read = requestReader()
  const text = recordOf('7', 'a\u001db')
  expect(read(`nonsense\0\0${text.slice(0, 20)}`)).toEqual([])
  expect(read(text.slice(20))).toEqual([
    {
      nonce: '7',
      pid: 12,
      fd: 3,
      shell: 'zsh',
      program: ['karo', 'guard'],
      length: 8,
      names: '',
      line: 'a\nb',
      env: { HOME: '/h=1' },
    },
  ])
  expect(read(text.replace(RESIDENT.version, 'karo9'))).toEqual([])
  expect(read('x'.repeat(100_000))).toEqual([])
  expect(read(`\0\0${text}`).length).toBe(1)
})

/** A resident judge whose program is `file`, and this process as a shell that asks it. */
async function asking(file: string) {
  const [, program] = process.argv
  const room = createResident({ home, log: silentLog })
  try {
    process.argv[1] = file
    await room.start(new AbortController().signal)
  } finally {
    process.argv[1] = program as string
  }
  const pipe = () => readdirSync(home).find((name) => name.startsWith('judge-'))
  const own = join(temporaryDirectory(), 'pipe')
  await makeFifo(own)
  const fd = openSync(own, constants.O_RDWR | constants.O_NONBLOCK)
  return {
    pipe,
    ask(nonce: string, line: string): void {
      const words = ['karo', 'guard', 'ask', '--home', home].join('\u001f')
      const fields = [
        RESIDENT.version,
        process.pid,
        fd,
        'bash',
        words,
        line.length,
        '',
        line,
        'HOME=/h',
        nonce,
      ]
      const text = `${fields.map((field) => `${nonce}=${field}\0`).join('')}\0`
      writeFileSync(join(home, pipe() as string), text, { flag: 'r+' })
    },
    /** The answers so far that nobody has read. */
    answers(): readonly string[] {
      const bytes = Buffer.alloc(65_536)
      try {
        return bytes.toString('utf8', 0, readSync(fd, bytes)).trimEnd().split('\n')
      } catch {
        return []
      }
    },
    async end() {
      await room.stop()
      closeSync(fd)
    },
  }
}

const programFile = (): string => {
  const file = join(temporaryDirectory(), 'karo.js')
  writeFileSync(file, '')
  return file
}

test('a shell is always told something: that it may run, or to ask the program', async () => {
  const file = programFile()
  const shell = await asking(file)
  try {
    const answered = async (count: number): Promise<readonly string[]> => {
      const all: string[] = []
      await until(() => all.push(...shell.answers()) >= count, { what: `${count} answers` })
      return all
    }
    shell.ask('7', 'true')
    expect(await answered(1)).toEqual(['7 run - safe -'])
    // More at once than are judged.
    const nonces = Array.from({ length: 100 }, (_, i) => String(1000 + i))
    for (const nonce of nonces) shell.ask(nonce, 'true')
    const all = await answered(nonces.length)
    expect(all.map((answer) => answer.split(' ')[0]).sort()).toEqual(nonces)
    expect(new Set(all.map((answer) => answer.slice(5)))).toEqual(new Set(['run - safe -', 'ask']))
    // The program is gone, which the judgement cannot take.
    rmSync(file)
    shell.ask('8', 'true')
    expect(await answered(1)).toEqual(['8 ask'])
  } finally {
    await shell.end()
  }
  expect(shell.pipe()).toBeUndefined()
})

test('where its own program cannot be found there is no resident judge, and no fault', async () => {
  const shell = await asking('/nonexistent/karo.js')
  expect(shell.pipe()).toBeUndefined()
  await shell.end()
})

test('what the shells run of git without asking is safe', async () => {
  const words = [
    '',
    'x',
    '-f',
    '--force',
    '--all',
    '-p',
    '--prune',
    '-D',
    '--hard',
    '+x',
    ':x',
    'origin main',
    '--amend',
  ]
  for (const command of PLAIN_LINES.git)
    for (const word of words) {
      const line = `git ${command} ${word}`.trim()
      expect(await answerTo(request(line), home), line).toMatch(/^run - safe/)
    }
})

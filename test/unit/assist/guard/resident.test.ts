// The resident judge says of each line what the program would say, or leaves it to the program.
import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { judgeAsked } from '../../../../src/assist/guard/asked.ts'
import { type Request, requestReader } from '../../../../src/assist/resident/request.ts'
import { answerTo } from '../../../../src/assist/resident/resident.ts'
import { PLAIN_LINES } from '../../../../src/assist/risk/ruled-tools.ts'
import { RESIDENT } from '../../../../src/observe/hooks/guard/guard.ts'
import { dangerousLines, everydayLines } from '../../../support/data/lines.ts'

const home = realpathSync(mkdtempSync(join(tmpdir(), 'karo-judge-')))
const request = (line: string, changes: Partial<Request> = {}): Request => ({
  ...{
    nonce: '1',
    pid: process.pid,
    fd: 1,
    shell: 'bash',
    program: ['karo', 'guard', 'ask', '--home', home],
  },
  ...{ length: line.length, names: '', line, env: { HOME: '/home/me' } },
  ...changes,
})

test('every line of the corpora: run exactly where the program would let it run', async () => {
  const lines = [...everydayLines(), ...dangerousLines()]
  expect(lines.length).toBeGreaterThan(2_000)
  for (const { shell, command } of lines) {
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
      ...{ nonce: '7', pid: 12, fd: 3, shell: 'zsh', program: ['karo', 'guard'], length: 8, names: '' },
      ...{ line: 'a\nb', env: { HOME: '/h=1' } },
    },
  ])
  expect(read(text.replace(RESIDENT.version, 'karo9'))).toEqual([])
  expect(read('x'.repeat(100_000))).toEqual([])
  expect(read(`\0\0${text}`).length).toBe(1)
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

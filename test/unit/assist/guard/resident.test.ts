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

test('a request is read whole, in pieces, and behind what is none', () => {
  const read = requestReader()
  const fields = [
    RESIDENT.version,
    '7',
    '12',
    '3',
    'zsh',
    'karo\u001fguard',
    '8',
    '',
    'a\u001db',
    'HOME=/h=1',
  ]
  const text = `${fields.map((field) => `=${field}\0`).join('')}\0`
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

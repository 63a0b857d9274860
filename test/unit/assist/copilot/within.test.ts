// Whatever a sure answer of `karo ask` changes is within what was asked: run over a made-up tree, judged by an oracle of its own.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changesSomething } from '../../../../src/assist/copilot/ask/acts.ts'
import { findCommand } from '../../../../src/assist/copilot/ask/answer.ts'
import type { Knowledge } from '../../../../src/assist/copilot/knowledge.ts'
import { checkCommand } from '../../../../src/assist/risk/index.ts'
import { builtKnowledge } from '../../../support/data/knowledge.ts'
import { times } from '../../../support/run/thorough.ts'

let knowledge: Knowledge
let root: string
beforeAll(() => {
  ;({ knowledge } = builtKnowledge())
  root = mkdtempSync(join(tmpdir(), 'karo-within-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Entry {
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  readonly days: number
  readonly text: string
}
const name = ({ path }: Entry): string => path.slice(path.lastIndexOf('/') + 1)

const file = (path: string, days = 0, text = 'x'): Entry => ({ path, kind: 'file', days, text })
const directory = (path: string, days = 0): Entry => ({ path, kind: 'directory', days, text: '' })
const BIG = 'b'.repeat(20_000)
/** Directories before what is in them. */
const TREE: readonly Entry[] = [
  ...[directory('out'), directory('src', 90), directory('src/keep', 90), directory('src/old', 90)],
  ...[directory('src/none', 90), directory('foo', 90), directory('old', 90), directory('old/deep')],
  ...['', 'src/', 'src/keep/', 'src/old/', 'foo/', 'old/deep/'].flatMap((at) => [
    ...[file(`${at}notes.txt`, 90, 'foo'), file(`${at}a.log`, 90, BIG), file(`${at}b.log`, 1, 'foo')],
    ...[
      file(`${at}c.tmp`, 90),
      file(`${at}foo.tmp`, 2, BIG),
      file(`${at}.hidden`, 90),
      file(`${at}void`, 90, ''),
    ],
    { path: `${at}link`, kind: 'link', days: 90, text: 'notes.txt' } as const,
  ]),
]

type Fits = (entry: Entry) => boolean
/** Words of a request with what they allow; a directory that fits allows all that is in it. */
type Part = readonly [words: string, fits: Fits]
const all: Fits = () => true
const isFile: Fits = ({ kind }) => kind === 'file'
const within =
  (place: string): Fits =>
  ({ path }) =>
    path.startsWith(`${place}/`)
const OBJECTS: readonly Part[] = [
  ['files', isFile],
  ['log files', (one) => isFile(one) && name(one).endsWith('.log')],
  ['all *.tmp files', (one) => isFile(one) && name(one).endsWith('.tmp')],
  ['empty files', (one) => isFile(one) && one.text === ''],
  ['hidden files', (one) => isFile(one) && name(one).startsWith('.')],
  ['symlinks', ({ kind }) => kind === 'link'],
  ['directories named old', (one) => one.kind === 'directory' && name(one) === 'old'],
  ['files and directories', all],
  ['empty directories', ({ path }) => /^(?:out|src\/none)$/.test(path)],
  ['the largest file', () => false],
]
const FILTERS: readonly Part[] = [
  ['', all],
  ['older than 30 days', ({ days }) => days > 30],
  ['larger than 10 KB', ({ text }) => text.length > 10_000],
  ['whose names contain "foo"', (one) => name(one).includes('foo')],
  ['that contain "foo"', ({ text }) => text.includes('foo')],
  ['older than 30 days or larger than 10 KB', ({ days, text }) => days > 30 || text.length > 10_000],
]
const PLACES: readonly Part[] = [
  ['', all],
  ['in src', within('src')],
  ['in the current directory only', ({ path }) => !path.includes('/')],
  ['in src and old', (one) => within('src')(one) || within('old')(one)],
]
const EXCEPTIONS: readonly Part[] = [
  ['', all],
  ['except notes.txt', (one) => name(one) !== 'notes.txt'],
  ['but not in the directory keep', ({ path }) => !/(?:^|\/)keep\//.test(path)],
  ['except *.log', (one) => !name(one).endsWith('.log')],
]
const VERBS: readonly ((what: string) => string)[] = [
  (what) => `delete ${what}`,
  (what) => `move ${what} to out/`,
  (what) => `copy ${what} to out/`,
  (what) => `set permissions of ${what} to 750`,
  (what) => `gzip ${what}`,
  (what) => `replace "foo" with "bar" in ${what}`,
]

function grow(at: string): void {
  mkdirSync(at)
  for (const { path, kind, text } of TREE) {
    if (kind === 'directory') mkdirSync(join(at, path))
    else if (kind === 'link') symlinkSync(text, join(at, path))
    else writeFileSync(join(at, path), text)
    if (kind === 'file') chmodSync(join(at, path), 0o640)
  }
  for (const { path, days } of TREE.toReversed()) {
    const then = new Date(Date.now() - days * 86_400_000 - 3_600_000)
    lutimesSync(join(at, path), then, then)
  }
}

/** What each entry is like; one that is gone is missing. */
const stateOf = (at: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(at, { recursive: true, encoding: 'utf8' }).map((path) => {
      const there = lstatSync(join(at, path))
      const text = there.isFile() ? readFileSync(join(at, path), 'utf8') : ''
      return [path, [there.mode, there.ino, text].join()] as const
    }),
  )

test('nothing outside of what was asked is deleted, moved, changed or overwritten', () => {
  const judge = (command: string) => checkCommand(command, { shell: 'bash' })
  const asked = VERBS.flatMap((verb) =>
    OBJECTS.flatMap(([object, ...a]) =>
      FILTERS.flatMap(([filter, ...b]) =>
        PLACES.flatMap(([place, ...c]) =>
          EXCEPTIONS.map(([exception, ...d]) => ({
            words: verb([object, filter, place, exception].filter((part) => part !== '').join(' ')),
            fits: (one: Entry) => [...a, ...b, ...c, ...d].every((fits) => fits(one)),
          })),
        ),
      ),
    ),
  )
  // An even part of the nearly six thousand, whose step shares no divisor with the lists: each way of saying something is in it many times.
  const sure = asked
    .filter((_, i) => i % times(53, 1) === 0)
    .flatMap(({ words, fits }, i) => {
      const { command, confidence, placeholders } = findCommand(words, { shell: 'bash', judge, knowledge })
      if (confidence !== 'sure' || command === null || placeholders.length > 0 || !changesSomething(command))
        return []
      // They are run for real, so none may leave its tree.
      expect(command, words).not.toMatch(/(?:^|[\s'"])[/~$]|\.\./)
      return [{ words, fits, command, at: join(root, `t${i}`) }]
    })
  expect(sure.length).toBeGreaterThan(10)
  const before = sure.map(({ at }) => {
    grow(at)
    return stateOf(at)
  })
  const script = sure.map(({ at, command }) => `(cd '${at}' && ${command})`).join('\n')
  execFileSync('bash', ['-c', `exec </dev/null >/dev/null 2>&1\n${script}\ntrue`])
  const found = sure.map(({ at }) => stateOf(at))
  // Commands that do nothing would keep within everything.
  const idle = sure.filter((_, i) => isDeepStrictEqual(before[i], found[i])).map(({ command }) => command)
  expect(idle.length, idle.join('\n')).toBeLessThan(sure.length / 2)
  const wider = sure.flatMap(({ words, fits, command }, i) => {
    const after = found[i] as ReadonlyMap<string, string>
    const allowed = TREE.filter(fits)
    const isAllowed = (path: string) =>
      allowed.some(
        (one) => one.path === path || (one.kind === 'directory' && path.startsWith(`${one.path}/`)),
      )
    return [...(before[i] as ReadonlyMap<string, string>)]
      .filter(([path, state]) => after.get(path) !== state && !isAllowed(path))
      .map(([path]) => `${words} → ${command}: ${path}`)
  })
  expect(wider).toEqual([])
})

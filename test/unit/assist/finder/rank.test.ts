// The order people expect: what they use, here and lately, before what they used once somewhere.
import { expect, test } from 'vitest'
import {
  fitOf,
  readQuestion,
  scoreOf,
  worthOfPlace,
  worthOfUse,
} from '../../../../src/assist/finder/index.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const HERE = '/home/ann/shop'

interface Use {
  readonly age: number
  readonly cwd?: string
  readonly failed?: true
}

/** As the store adds it up. */
function score(text: string, uses: readonly Use[], question = ''): number {
  const asked = readQuestion(question, 'fuzzy')
  const match = fitOf(asked, text)
  if (match === 0) return 0
  const worth = uses.reduce(
    (sum, { age, cwd = '/elsewhere', failed = false }) =>
      sum + worthOfPlace(cwd, HERE) * worthOfUse(age, failed),
    0,
  )
  return scoreOf({ match, worth, ageMs: Math.min(...uses.map(({ age }) => age)) }, question !== '')
}
const daily = (cwd?: string): Use[] =>
  Array.from({ length: 30 }, (_, i) => ({ age: HOUR + i * DAY, ...(cwd !== undefined && { cwd }) }))

test('used daily here comes before used once elsewhere five minutes ago', () => {
  const habit = score('make test', daily(HERE), 'make')
  expect(habit).toBeGreaterThan(score('make clean', [{ age: 5 * MINUTE }], 'make'))
})

test('without a question what was just typed is on top, the newest first', () => {
  const just = score('ls', [{ age: 1_000 }])
  expect(just).toBeGreaterThan(score('cd', [{ age: 2 * MINUTE }]))
  expect(just).toBeGreaterThan(score('make test', daily(HERE)))
  // What is longer ago has to be worth it.
  expect(score('make test', daily(HERE))).toBeGreaterThan(score('ls', [{ age: 20 * MINUTE }]))
})

test('used lately counts more than often long ago', () => {
  const years = Array.from({ length: 300 }, (_, i) => ({ age: 300 * DAY + i * HOUR }))
  expect(score('new-tool run', [{ age: HOUR }], 'run')).toBeGreaterThan(score('old-tool run', years, 'run'))
})

test('the same directory before its parents and children, and these before others', () => {
  const [here, below, above, elsewhere] = [HERE, `${HERE}/src`, '/home/ann', '/srv'].map((cwd) =>
    score('git push', [{ age: DAY, cwd }], 'push'),
  )
  expect(here).toBeGreaterThan(below!)
  expect(below).toBe(above)
  expect(above).toBeGreaterThan(elsewhere!)
  // A name that only begins alike is another place, and the root is near to nothing.
  expect(worthOfPlace(`${HERE}-old`, HERE)).toBe(worthOfPlace('/srv', HERE))
  expect(worthOfPlace('/', HERE)).toBe(worthOfPlace('/srv', HERE))
})

test('what failed comes after what succeeded', () => {
  const failed = score('make tset', [{ age: DAY, failed: true }], 'make')
  expect(failed).toBeLessThan(score('make test', [{ age: DAY }], 'make'))
  expect(failed).toBeGreaterThan(0)
})

test('words come before letters, whatever is used', () => {
  const letters = score('git status', daily(HERE), 'gst')
  expect(letters).toBeGreaterThan(0)
  expect(score('gst', [{ age: 300 * DAY }], 'gst')).toBeGreaterThan(letters)
  expect(score('systemctl restart gstreamer', [{ age: 300 * DAY }], 'gst')).toBeGreaterThan(letters)
})

test('no use, however old or of the future, is worth nothing or more than a new one', () => {
  expect(worthOfUse(50 * 365 * DAY, false)).toBeGreaterThan(0)
  expect(worthOfUse(0, false)).toBe(1)
})

// What keys and answers make of the finder: nothing is taken or removed that was not on the screen for the question.
import { expect, test } from 'vitest'
import {
  type FinderState,
  type FinderTerms,
  type Found,
  initialState,
  type Key,
  onAnswer,
  onKey,
} from '../../../../src/assist/finder/index.ts'

const TERMS: FinderTerms = { without: [], isUpward: false, enterRuns: false }

const found = (command: string): Found => ({
  id: command,
  command,
  cwd: '/',
  at: 0,
  exit_code: 0,
  duration_ms: 1,
  risk_level: 'safe',
  uses: 1,
  failures: 0,
  unknown: 0,
})
const answer = (...commands: string[]) => ({
  found: commands.map(found),
  total: commands.length,
  complete: true,
})
const press = (state: FinderState, ...keys: (Key | string)[]) =>
  keys.reduce<ReturnType<typeof onKey>>(
    (step, key) => onKey(step.state, typeof key === 'string' ? { text: key } : key, 10),
    { state },
  )
const key = (name: Extract<Key, { name: string }>['name']): Key => ({ name })
const shown = (...commands: string[]): FinderState =>
  onAnswer(initialState('', 'all', TERMS), answer(...commands)).state
const edits = (command: string) => ({ kind: 'take', command, run: false })

test('what is chosen is taken', () => {
  const state = shown('a', 'b', 'c')
  expect(press(state, key('enter')).effect).toEqual(edits('a'))
  expect(press(state, key('down'), key('down'), key('down'), key('up'), key('tab')).effect).toEqual(
    edits('b'),
  )
  expect(press(state, key('escape')).effect).toEqual({ kind: 'leave' })
  expect(press(shown(), key('enter')).effect).toEqual({ kind: 'leave' })
})

test('Enter before the answer is there takes of the answer, not of what stood there', () => {
  const typed = press(shown('rm -rf old'), 'm')
  expect(typed.effect).toEqual({ kind: 'ask' })
  const waiting = press(typed.state, key('enter'))
  expect(waiting.effect).toBeUndefined()
  expect(onAnswer(waiting.state, answer('make')).effect).toEqual(edits('make'))
  // Typing on takes the Enter back.
  expect(onAnswer(press(waiting.state, 'a').state, answer('make')).effect).toBeUndefined()
})

test('what was asked about is removed, whatever is found meanwhile; any key but y is no', () => {
  const asked = press(shown('secret', 'other'), key('remove'))
  expect(asked.state.overlay).toBe('remove')
  const later = onAnswer(asked.state, answer('other')).state
  expect(press(later, 'y').effect).toEqual({ kind: 'remove', found: found('secret') })
  for (const no of ['n', 'x', key('enter'), key('escape')]) {
    const answered = press(asked.state, no)
    expect(answered).toMatchObject({ state: { overlay: 'none' } })
    expect(answered.effect).toBeUndefined()
  }
  // Nothing is asked about that does not answer the question.
  expect(press(press(shown('secret'), 's').state, key('remove')).state.overlay).toBe('none')
})

test('the question is edited by what people take for characters', () => {
  const edit = (...keys: (Key | string)[]): string => press(shown(), 'größe 👩‍💻', ...keys).state.question
  expect(edit(key('backspace'))).toBe('größe ')
  expect(edit(key('delete-word'))).toBe('größe ')
  expect(edit(key('delete-line'))).toBe('')
  expect(edit(key('left'), key('left'), key('left'), 'X')).toBe('größXe 👩‍💻')
  expect(edit(key('home'), key('delete'), 'G')).toBe('Größe 👩‍💻')
})

test('modes go round, and every change asks', () => {
  let state = shown('a')
  for (const mode of ['host', 'session', 'here', 'workspace', 'failed', 'all']) {
    const step = press(state, key('mode'))
    expect(step).toMatchObject({ state: { mode }, effect: { kind: 'ask' } })
    state = step.state
  }
})

test('help opens and any key closes it; ? is help only where nothing is typed', () => {
  expect(press(shown(), '?').state.overlay).toBe('help')
  expect(press(shown(), 'a', '?').state.question).toBe('a?')
  expect(press(shown(), key('help'), 'x').state).toMatchObject({ overlay: 'none', question: '' })
})

test('a line that is already typed has no control characters and an end', () => {
  const state = initialState(`for x\nin y\x1b[31m${'z'.repeat(2_000)}`, 'all', TERMS)
  expect(state.question).toMatch(/^for x in y \[31mz+$/)
  expect(state.question.length).toBe(1_000)
  expect(press(state, 'more').state.question).toBe(state.question)
})

test('who chose another one keeps it when more come', () => {
  const state = press(shown('a', 'b'), key('down')).state
  expect(onAnswer(state, answer('new', 'a', 'b')).state.selected).toBe(2)
  expect(onAnswer(state, answer('new')).state.selected).toBe(0)
})

test('what is asked about stays selected when more come, also the first', () => {
  const { state } = press(shown('a', 'b'), key('remove'))
  expect(onAnswer(state, answer('new', 'a', 'b')).state.selected).toBe(1)
})

test('Alt with a digit takes that one of the list, and nothing of a list for another question', () => {
  const state = shown('a', 'b')
  expect(press(state, { pick: 2 }).effect).toEqual(edits('b'))
  expect(press(state, { pick: 3 }).effect).toBeUndefined()
  expect(press(state, 'x', { pick: 1 }).effect).toBeUndefined()
})

test('scopes that are not known are left out', () => {
  const state = onAnswer(
    initialState('', 'host', { ...TERMS, without: ['session', 'workspace'] }),
    answer('a'),
  ).state
  expect(press(state, key('mode')).state.mode).toBe('here')
  expect(press(state, key('mode'), key('mode')).state.mode).toBe('failed')
})

test('the ways to match go round, and every change asks', () => {
  let state = shown('a')
  for (const match of ['words', 'exact', 'fuzzy']) {
    const step = press(state, key('match'))
    expect(step).toMatchObject({ state: { match }, effect: { kind: 'ask' } })
    state = step.state
  }
})

test('Enter runs only where it was asked for, also before the answer is there, and Tab and Alt never', () => {
  const state = onAnswer(initialState('', 'all', { ...TERMS, enterRuns: true }), answer('a', 'b')).state
  const runs = (command: string) => ({ kind: 'take', command, run: true })
  expect(press(state, key('enter')).effect).toEqual(runs('a'))
  expect(press(state, key('tab')).effect).toEqual(edits('a'))
  expect(press(state, { pick: 2 }).effect).toEqual(edits('b'))
  const typed = press(state, 'x')
  expect(onAnswer(press(typed.state, key('enter')).state, answer('x')).effect).toEqual(runs('x'))
  expect(onAnswer(press(typed.state, key('tab')).state, answer('x')).effect).toEqual(edits('x'))
})

test('where the best command is lowest, Up goes to the next one', () => {
  const state = onAnswer(
    initialState('', 'session', { ...TERMS, isUpward: true }),
    answer('a', 'b', 'c'),
  ).state
  expect(press(state, key('up'), key('enter')).effect).toEqual(edits('b'))
  expect(press(state, key('page-up'), key('down'), key('enter')).effect).toEqual(edits('b'))
})

test('a command is inspected, and then taken or left; nothing of a list for another question', () => {
  const looked = press(shown('a', 'b'), key('down'), key('inspect'))
  expect(looked).toMatchObject({
    state: { overlay: 'inspect' },
    effect: { kind: 'inspect', found: { command: 'b' } },
  })
  expect(press(looked.state, key('enter')).effect).toEqual(edits('b'))
  const back = press(looked.state, 'x')
  expect(back).toMatchObject({ state: { overlay: 'none', question: '' } })
  expect(back.effect).toBeUndefined()
  expect(press(press(shown('a'), 'x').state, key('inspect')).state.overlay).toBe('none')
})

test('what is inspected is taken, whatever is found meanwhile', () => {
  const looked = press(shown('make', 'other'), key('inspect')).state
  for (const later of [answer('rm -rf old', 'make'), answer('rm -rf old')]) {
    const after = onAnswer(looked, later).state
    expect(press(after, key('enter')).effect).toEqual(edits('make'))
    expect(press({ ...after, enterRuns: true }, key('enter')).effect).toEqual({ ...edits('make'), run: true })
    expect(press({ ...after, enterRuns: true }, key('tab')).effect).toEqual(edits('make'))
  }
  const back = press(onAnswer(looked, answer('rm -rf old', 'make')).state, key('escape')).state
  expect(press(back, key('enter')).effect).toEqual(edits('make'))
})

// Words match anywhere and in any case, letters only close together; what answers is what is shown to answer.

import { expect, test } from 'vitest'
import { answersIn, fitOf, readQuestion } from '../../../../src/assist/finder/index.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const matchOf = (question: string, text: string): number =>
  fitOf(readQuestion(question, 'fuzzy'), text.toLowerCase())

test('a question is words, quoted ones, and those that must not occur', () => {
  expect(readQuestion('Docker "run --rm" !prune  x', 'fuzzy')).toEqual({
    words: ['docker', 'run --rm', 'x'],
    without: ['prune'],
    letters: 'dockerrun--rmx',
  })
  expect(readQuestion('"open', 'fuzzy')).toMatchObject({ words: ['open'] })
  // Nothing to leave out yet: it is being typed.
  expect(readQuestion('! !=', 'fuzzy')).toMatchObject({ words: ['!'], without: ['='] })
  expect(readQuestion('  ', 'fuzzy')).toMatchObject({ words: [], without: [] })
})

test('all words, in any order and case', () => {
  expect(matchOf('RUN docker', 'sudo docker run')).toBeGreaterThanOrEqual(1)
  expect(matchOf('run !sudo', 'sudo docker run')).toBe(0)
  expect(matchOf('größe', 'echo GRÖSSE Größe')).toBeGreaterThanOrEqual(1)
  expect(matchOf('', 'anything')).toBe(1)
})

test('better: what begins with it, then where words begin', () => {
  expect(matchOf('make', 'make test')).toBeGreaterThan(matchOf('make', 'cd x && make'))
  expect(matchOf('test', 'make test')).toBeGreaterThan(matchOf('test', 'echo latest'))
})

test('letters in their order, when they are close together', () => {
  expect(matchOf('gco', 'git checkout')).toBeGreaterThan(0)
  expect(matchOf('gco', 'git checkout')).toBeLessThan(1)
  expect(matchOf('dcu', 'docker compose up')).toBe(0)
  expect(matchOf('ocg', 'git checkout')).toBe(0)
  expect(matchOf('g', 'ls')).toBe(0)
})

test('whatever is asked, what is shown to answer it does', () => {
  const text = fc.string({ unit: fc.constantFrom(...'abcAB -"!gGö\n🎉'), maxLength: 40 })
  forAll(text, fc.string({ unit: fc.constantFrom(...'abc"! gö'), maxLength: 8 }), (command, asked) => {
    const question = readQuestion(asked, 'fuzzy')
    const ranges = answersIn(question, command)
    let last = -1
    for (const [begin, end] of ranges) {
      expect(begin).toBeGreaterThan(last)
      expect(end).toBeGreaterThan(begin)
      expect(end).toBeLessThanOrEqual(command.length)
      last = end
    }
    const fits = fitOf(question, command.toLowerCase())
    expect(fits).toBeGreaterThanOrEqual(0)
    if (fits > 0 && question.words.length > 0) expect(ranges.length).toBeGreaterThan(0)
    if (fits > 0 && fits < 1) {
      const shown = ranges.map(([begin, end]) => command.slice(begin, end).toLowerCase()).join('')
      expect(shown).toBe(question.letters)
    }
  })
})

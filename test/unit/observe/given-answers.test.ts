// Which lines count as an answer of karo ask that was run.

import { expect, test } from 'vitest'
import { markLevel0 } from '../../../src/base/level0/level0.ts'
import { createGivenAnswers } from '../../../src/observe/record/given-answers.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const AT = 1_795_000_000_000
const given = (command: string, placeholders: readonly string[] = []) => {
  const answers = createGivenAnswers({ now: () => AT })
  answers.give(1000, [{ command: markLevel0(command), placeholders }])
  return answers
}
const soon = (AT + 60_000) * 1000

test('the same text, soon, by the same person', () => {
  const answers = given('du -sh /var')
  expect(answers.has(1000, 'du -sh /var ', soon)).toBe(true)
  expect(answers.has(1000, 'du -sh /var/log', soon)).toBe(false)
  expect(answers.has(1001, 'du -sh /var', soon)).toBe(false)
  expect(answers.has(1000, 'du -sh /var', (AT - 60_000) * 1000)).toBe(false)
  expect(answers.has(1000, 'du -sh /var', (AT + 3_600_000) * 1000)).toBe(false)
})

test('a placeholder stands for any text, and for some', () => {
  const answers = given('scp FILE USER@HOST:DIR', ['FILE', 'USER', 'HOST', 'DIR'])
  expect(answers.has(1000, 'scp "my notes.txt" ann@desk:/srv', soon)).toBe(true)
  expect(answers.has(1000, 'scp  ann@desk:/srv', soon)).toBe(false)
  expect(answers.has(1000, 'scp a ann@desk', soon)).toBe(false)
  // A variable of that name, and a longer word, are none.
  expect(given('echo $FILE FILES', ['FILE']).has(1000, 'echo $x FILES', soon)).toBe(false)
})

test('whatever stands in place of the placeholders, the answer is found', () => {
  const filled = fc.array(fc.stringMatching(/^[a-z/. =-]{1,12}$/), { minLength: 2, maxLength: 2 })
  forAll(filled, ([one = '', other = '']) => {
    const answers = given('mv ONE OTHER # done', ['ONE', 'OTHER'])
    expect(answers.has(1000, `mv ${one} ${other} # done`, soon)).toBe(true)
  })
})

test('of one person only the newest sixteen are known', () => {
  const answers = given('ls -l')
  for (let n = 0; n < 16; n++) answers.give(1000, [{ command: markLevel0(`head -n ${n}`), placeholders: [] }])
  expect(answers.has(1000, 'head -n 0', soon)).toBe(true)
  expect(answers.has(1000, 'ls -l', soon)).toBe(false)
})

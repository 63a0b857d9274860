// The comparison of pages with what was shown: general where two runs differ, exact everywhere else.
import { describe, expect, test } from 'vitest'
import { answerTo, same, stepsOf } from '../../support/pages/page.ts'

describe('steps', () => {
  test('prompts name machines and terminals; other blocks are left out', () => {
    const page = [
      'Text',
      '```console',
      '$ karo',
      'ash  ready',
      'ash(2)$ karo stop \\',
      '    --json',
      '```',
      '```',
      '$ not run',
      '```',
      '<!-- again until it shows this -->',
      '```console',
      'birch$ karo peers',
      '```',
    ].join('\n')
    expect(stepsOf(page)).toEqual([
      { machine: '', terminal: 1, command: 'karo', shows: ['ash  ready'], again: false, line: 3 },
      { machine: 'ash', terminal: 2, command: 'karo stop --json', shows: [], again: false, line: 5 },
      { machine: 'birch', terminal: 1, command: 'karo peers', shows: [], again: true, line: 13 },
    ])
    expect(() => stepsOf('```console\nkaro\n```')).toThrow('line 2')
  })
})

describe('comparison', () => {
  test.each([
    ['times and numbers', 'ready, up 3 hours, 12 of 40 (30 %)', 'ready, up 2.0 s, 1 of 3 (33 %)'],
    ['fingerprints and widths', 'bob    10f5 1448 9c8f 310a  x', 'bob eb1f 14c2 dbc5 9011 x'],
    ['ids', '50179961  kExecutor:notes', '9f3a41c2  kExecutor:notes'],
    ['changes', 'git 234 −48 2', 'git 230 0 2'],
    ['moments', '2026-11-21 18:01:53  ls', '2027-01-01 00:00:00 ls'],
    ['any text', 'killed by …, at once', 'killed by nobody at all, at once'],
  ])('%s are general', (_, page, shown) => {
    expect(same([shown], [page])).toBe(true)
  })

  test.each([
    ['another word', ['ready'], ['not ready']],
    ['a line too many', ['a'], ['a', 'b']],
    ['a line too few', ['a', 'b'], ['a']],
    ['another order', ['a', 'b'], ['b', 'a']],
    ['nothing where something was promised', ['a'], []],
    ['what stands after any lines', ['a', '...', 'z'], ['a', 'b', 'c']],
  ])('%s is found', (_, page, shown) => {
    expect(same(shown, page)).toBe(false)
  })

  test('any lines may be none', () => {
    expect(same(['a', 'z'], ['a', '...', 'z'])).toBe(true)
    expect(same(['a', 'b', 'c', 'z', ''], ['a', '...', 'z'])).toBe(true)
  })
})

test('an answer is what the page types behind the same question', () => {
  expect(answerTo('Run it? [y/N] ', ['high', 'Run it? [y/N] n'])).toBe('n')
  expect(answerTo('Run it? [y/N] ', ['Run it? [y/N]'])).toBe(undefined)
  expect(answerTo('', ['a'])).toBe(undefined)
})

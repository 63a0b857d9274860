// Lists of names are searched as text, and answer the same when they are asked again.

import { expect, test } from 'vitest'
import {
  INTERPRETER_NAMES,
  interpreterName,
  wrapperNames,
  wrapperOf,
} from '../../../../src/assist/risk/carriers/wrappers.ts'
import { names, remembered, rows } from '../../../../src/assist/risk/lookup.ts'
import { RULES, rulesFor } from '../../../../src/assist/risk/rules/index.ts'
import { isWriter, writers } from '../../../../src/assist/risk/writes/positions.ts'
import { OUTPUT_OPTIONS } from '../../../../src/assist/risk/writes/tools.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const MANY = 3
const word = fc.stringMatching(/^[a-c:.[+-]{1,4}$/)
const line = fc.tuple(fc.array(word, { minLength: 1, maxLength: 4 }), fc.array(word, { maxLength: 4 }))

test('names are found, also when asked again, and parts of names are not', () => {
  forAll(fc.array(word, { maxLength: 12 }), fc.oneof(word, fc.string()), (list, asked) => {
    const found = names(`\n  ${list.join(' ')}\n`)
    expect(found.has(asked)).toBe(list.includes(asked))
    for (let i = 0; i < MANY; i++) found.has('a')
    expect(found.has(asked)).toBe(list.includes(asked))
  })
})

test('rows are found, also when asked again: all of the name, in their order, and by no word behind it', () => {
  forAll(fc.array(line, { maxLength: 6 }), fc.oneof(word, fc.string()), (lines, asked) => {
    const plain = lines.map(
      ([tools, about]) => [tools.map((tool) => tool.replaceAll(':', '')), about] as const,
    )
    const kept = plain.filter(([tools]) => tools.every((tool) => tool !== ''))
    const text = kept.map(([tools, about]) => `  ${tools.join(' ')}: ${about.join(' ')}`).join('\n')
    const expected = kept.flatMap(([tools, about]) =>
      tools.filter((tool) => tool === asked).map(() => about.join(' ')),
    )
    const found = rows(text, ': ', (all) => all)
    const wanted = expected.length === 0 ? undefined : expected
    expect(found.of(asked)).toEqual(wanted)
    for (let i = 0; i < MANY; i++) found.of('a')
    expect(found.of(asked)).toEqual(wanted)
    expect(found.names()).toEqual([...new Set(kept.flatMap(([tools]) => tools))])
  })
})

test('a name is searched once, as long as not too many others are asked for', () => {
  let searched = 0
  const ask = remembered((name) => `${name}${++searched}`)
  expect([ask('x'), ask('x'), ask('y')]).toEqual(['x1', 'x1', 'y2'])
  for (let i = 0; i < 1_000; i++) ask(`${i}`)
  expect(ask('x')).toBe(`x${searched}`)
})

test('each name of the tables is found in them, however often they were asked', () => {
  for (let round = 0; round < 2; round++) {
    for (const name of OUTPUT_OPTIONS.names()) {
      expect(OUTPUT_OPTIONS.of(name), name).not.toEqual([])
      expect(isWriter(name), name).toBe(true)
    }
    for (const name of writers()) expect(isWriter(name), name).toBe(true)
    for (const name of wrapperNames()) expect(wrapperOf(name), name).toBeDefined()
    for (const name of INTERPRETER_NAMES) expect(interpreterName(name)).toBe(name)
    for (const name of ['constructor', '__proto__', '', 'sudo env', 'nosuchtool'])
      expect([wrapperOf(name), isWriter(name), rulesFor(name)]).toEqual([undefined, false, []])
  }
})

test('each tool has the rules that name it, in the order of the table', () => {
  for (const tool of new Set(RULES.flatMap(({ tools }) => tools)))
    expect(rulesFor(tool), tool).toEqual(RULES.filter(({ tools }) => tools.includes(tool)))
})

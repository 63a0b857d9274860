// How long a hook may wait for the inbox, that the tool waits longer than the hook, and which tool is told to ask.
import { describe, expect, it, test } from 'vitest'
import { ADAPTERS } from '../../../../src/cli/adapters/index.ts'
import { inboxIn } from '../../../../src/cli/adapters/settings.ts'
import { asking, asksIn, inboxOf, readInbox } from '../../../../src/cli/hooks/options.ts'

const MARKED = '# karo hook'

describe('the line in the settings says how long both wait', () => {
  it.each([
    ['claude', /"timeout":10\b/, /"timeout":130\b/],
    ['codex', /"timeout":10\b/, /"timeout":130\b/],
    ['copilot', /"timeoutSec":10\b/, /"timeoutSec":130\b/],
    ['gemini', /"timeout":10000\b/, /"timeout":130000\b/],
  ] as const)('%s', (name, without, within) => {
    const entries = (line: string) => JSON.stringify(ADAPTERS[name].settings?.entries(line))
    expect(entries(`karo hook ${name} || exit 0 ${MARKED}`)).toMatch(without)
    expect(entries(`karo hook ${name} --inbox 120 || exit 0 ${MARKED}`)).toMatch(within)
  })

  it('and is written anew with the same time', () => {
    expect(inboxIn(`karo hook claude --inbox 120 || exit 0 ${MARKED}`)).toBe(120)
    expect(inboxIn(`karo hook claude || exit 0 ${MARKED}`)).toBeUndefined()
  })
})

test('only a time that a request can wait, and only tools whose settings say a limit', () => {
  expect(readInbox('5')).toBe(5)
  for (const text of ['4', '291', '0x10', '', '1e2', '-5']) expect(() => readInbox(text)).toThrow('inbox')
  expect(inboxOf(undefined, ADAPTERS.cursor)).toBeUndefined()
  expect(() => inboxOf('60', ADAPTERS.cursor)).toThrow('cannot wait')
})

test('a tool of which only newer versions ask is told to deny, unless the person says that it asks', () => {
  expect(asking(ADAPTERS.gemini, undefined).asks).toBe(false)
  expect(asking(ADAPTERS.gemini, true).asks).toBe(true)
  expect(() => asking(ADAPTERS.codex, true)).toThrow('no way to ask')
  expect(() => asking(ADAPTERS.claude, true)).toThrow('without this option')
  expect(asksIn(`karo hook gemini --inbox 120 --ask || exit 0 ${MARKED}`)).toBe(true)
  expect(asksIn(`karo hook gemini --ask --home '/x' || exit 0 ${MARKED}`)).toBe(true)
  expect(asksIn(`karo hook gemini --home '/x --ask ' || exit 0 ${MARKED}`)).toBe(false)
})

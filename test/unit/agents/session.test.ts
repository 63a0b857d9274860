// The beginning of an agent's life: what is said of a program that never answers.
import { afterEach, expect, test, vi } from 'vitest'
import { beginSession } from '../../../src/agents/runtime/session.ts'
import type { AgentTransport } from '../../../src/agents/runtime/transport.ts'
import { systemTimers } from '../../../src/base/clock.ts'

afterEach(() => void vi.useRealTimers())

test('a program that keeps its answers to itself is told to flush them', async () => {
  // Loading it takes a timer of its own.
  await import('../../../src/agents/runtime/mcp-client.ts')
  vi.useFakeTimers()
  const over = Promise.withResolvers<string>()
  const silent: AgentTransport = {
    over: over.promise,
    outlivesKill: false,
    answered: () => over.promise.then(() => {}),
    hangUp: over.resolve,
    ending: () => false,
    kill: over.resolve,
    start: async () => {},
    send: async () => {},
    close: async () => over.resolve('it was ended'),
  }
  const begun = beginSession({
    job: 'a',
    open: () => silent,
    mask: { text: (words) => words, value: (value) => value },
    timers: systemTimers,
    signal: new AbortController().signal,
  })
  const failed = begun.catch((error: Error) => error.message)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(await failed).toBe(
    'it does not answer as an MCP server does: Request timed out. It had 60 s; a program has to flush its standard output behind each answer',
  )
})

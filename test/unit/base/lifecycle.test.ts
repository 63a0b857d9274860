// Rooms start in order, are undone in reverse when one fails, and stop within their deadlines whatever they do.
import { describe, expect, test } from 'vitest'
import { healthOf, startAll, stopAll } from '../../../src/base/run/lifecycle.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Room } from '../../../src/base/run/room.ts'

const LIMITS = { roomMs: 50, totalMs: 120, leastMs: 10 }
const never = new Promise<never>(() => {})

function recorder() {
  const events: string[] = []
  const room = (name: string, over: Partial<Room> = {}): Room => ({
    name,
    async start() {
      events.push(`+${name}`)
    },
    async stop() {
      events.push(`-${name}`)
    },
    ...over,
  })
  return { events, room }
}

describe('startAll', () => {
  test('starts in order', async () => {
    const { events, room } = recorder()
    await startAll([room('a'), room('b')], new AbortController().signal, silentLog, LIMITS)
    expect(events).toEqual(['+a', '+b'])
  })

  test('a failing room undoes those before it, in reverse, and is not stopped itself', async () => {
    const { events, room } = recorder()
    const broken = room('c', { start: async () => Promise.reject(new Error('no disk')) })
    const starting = startAll(
      [room('a'), room('b'), broken, room('d')],
      new AbortController().signal,
      silentLog,
      LIMITS,
    )
    await expect(starting).rejects.toThrow('no disk')
    expect(events).toEqual(['+a', '+b', '-b', '-a'])
  })

  test('an abort between rooms undoes what started', async () => {
    const { events, room } = recorder()
    const abort = new AbortController()
    const aborting = room('b', {
      async start() {
        abort.abort(new Error('SIGTERM'))
      },
    })
    await expect(startAll([room('a'), aborting, room('c')], abort.signal, silentLog, LIMITS)).rejects.toThrow(
      'SIGTERM',
    )
    expect(events).toEqual(['+a', '-b', '-a'])
  })

  test('a room that ignores the abort is stopped half started', async () => {
    const { events, room } = recorder()
    const abort = new AbortController()
    const deaf = room('b', {
      start() {
        queueMicrotask(() => abort.abort(new Error('SIGTERM')))
        return never
      },
    })
    await expect(startAll([room('a'), deaf], abort.signal, silentLog, LIMITS)).rejects.toThrow('SIGTERM')
    expect(events).toEqual(['+a', '-b', '-a'])
  })

  test('a room that heeds the abort by failing has released what it took, so it is not stopped', async () => {
    const { events, room } = recorder()
    const abort = new AbortController()
    const heeding = room('b', {
      start(signal) {
        queueMicrotask(() => abort.abort(new Error('SIGTERM')))
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    await expect(startAll([room('a'), heeding], abort.signal, silentLog, LIMITS)).rejects.toThrow('SIGTERM')
    expect(events).toEqual(['+a', '-a'])
  })
})

describe('stopAll', () => {
  test('passes over rooms that hang or fail, and stops the others in reverse', async () => {
    const { events, room } = recorder()
    const rooms = [
      room('a'),
      room('b', { stop: () => never }),
      room('c', { stop: async () => Promise.reject(new Error('broken')) }),
      room('d'),
    ]
    await stopAll(rooms, silentLog, LIMITS)
    expect(events).toEqual(['-d', '-a'])
  })

  test('many hanging rooms end, and the first room is still stopped', async () => {
    const { events, room } = recorder()
    const hanging = Array.from({ length: 20 }, (_, i) => room(`h${i}`, { stop: () => never }))
    await stopAll([room('store'), ...hanging], silentLog, LIMITS)
    expect(events).toEqual(['-store'])
  })
})

test('health is the checks of all rooms; one failing check is enough', () => {
  const { room } = recorder()
  const good = room('a', { health: () => [{ name: 'a.x', ok: true, detail: 'fine' }] })
  const bad = room('b', { health: () => [{ name: 'b.x', ok: false, detail: 'closed' }] })
  expect(healthOf([good, room('none')]).ready).toBe(true)
  expect(healthOf([good, bad])).toEqual({
    ready: false,
    checks: [
      { name: 'a.x', ok: true, detail: 'fine' },
      { name: 'b.x', ok: false, detail: 'closed' },
    ],
  })
})

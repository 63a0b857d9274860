// Work in a queue runs one after the other, in call order, and a failed piece stops nobody else.
import { expect, test } from 'vitest'
import { createLimiter, createSerial } from '../../../src/base/async/limiter.ts'

test('the next piece begins when the one before has ended, failed or not', async () => {
  const serially = createSerial()
  const held = Promise.withResolvers<void>()
  const log: string[] = []
  const first = serially(async () => {
    log.push('first begins')
    await held.promise
    log.push('first ends')
    throw new Error('first failed')
  })
  const second = serially(async () => {
    log.push('second')
    return 2
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(log).toEqual(['first begins'])
  held.resolve()
  await expect(first).rejects.toThrow('first failed')
  expect(await second).toBe(2)
  expect(log).toEqual(['first begins', 'first ends', 'second'])
})

test('no more run at once than the limit, the others wait in call order, and all of them are counted', async () => {
  const limited = createLimiter(2)
  const held = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  const begun: number[] = []
  const done = held.map((one, at) =>
    limited(async () => {
      begun.push(at)
      await one.promise
    }),
  )
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  await settle()
  expect(begun).toEqual([0, 1])
  expect(limited.pending()).toBe(4)
  held[1]?.resolve()
  await settle()
  expect(begun).toEqual([0, 1, 2])
  expect(limited.pending()).toBe(3)
  for (const one of held) one.resolve()
  await Promise.all(done)
  expect(limited.pending()).toBe(0)
})

test('who comes while a place is handed on does not overtake who waits', async () => {
  const serially = createSerial()
  const order: string[] = []
  const first = serially(async () => void order.push('first'))
  const second = serially(async () => void order.push('second'))
  await first
  await Promise.all([second, serially(async () => void order.push('third'))])
  expect(order).toEqual(['first', 'second', 'third'])
})

// Work in a queue runs one after the other, in call order, and a failed piece stops nobody else.
import { expect, test } from 'vitest'
import { createSerial } from '../../../src/base/serial.ts'

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

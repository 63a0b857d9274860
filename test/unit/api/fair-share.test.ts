// One person's connections end where another's share begins, and places come back.
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createFairShare } from '../../../src/api/access/places.ts'

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

test('so many each, whoever else has many; a place is free when its connection ends', async () => {
  const shares = createFairShare()
  const takes = (uid: number | undefined, socket = new Socket()): boolean => shares.take(uid, socket)
  const first = new Socket()
  for (let n = 2; n < 16; n++) for (const uid of [1, undefined]) takes(uid)
  expect([takes(1, first), takes(1), takes(1)]).toEqual([true, true, false])
  expect(takes(2)).toBe(true)
  expect([takes(undefined), takes(undefined), takes(undefined)]).toEqual([true, true, false])
  const over = closed(first)
  first.destroy()
  await over
  expect([takes(1), takes(1)]).toEqual([true, false])
})

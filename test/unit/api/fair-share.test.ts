// One person's connections end where another's share begins, and places come back.
import { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { fairShare } from '../../../src/api/fair-share.ts'

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

test('so many each, whoever else has many; a place is free when its connection ends', async () => {
  const owners = new Map<Socket, number | undefined>()
  const accept = fairShare((socket) => owners.get(socket), 2)
  const connect = (uid: number | undefined): Socket => {
    const socket = new Socket()
    owners.set(socket, uid)
    accept(socket)
    return socket
  }
  const anns = [connect(1), connect(1), connect(1)]
  expect(anns.map(({ destroyed }) => destroyed)).toEqual([false, false, true])
  expect(connect(2).destroyed).toBe(false)
  expect(
    [connect(undefined), connect(undefined), connect(undefined)].map(({ destroyed }) => destroyed),
  ).toEqual([false, false, true])
  const [first] = anns as [Socket, ...Socket[]]
  const over = closed(first)
  first.destroy()
  await over
  expect(connect(1).destroyed).toBe(false)
  expect(connect(1).destroyed).toBe(true)
})

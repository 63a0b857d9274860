// The places at the machine's control socket: nobody takes all, and root finds one whatever others do.
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createPlaces } from '../../../src/api/access/places.ts'

const MOST = 256
const EACH = 16
const KARO = 990

class FakeSocket extends EventEmitter {
  destroyed = false
  destroy(): this {
    if (!this.destroyed) {
      this.destroyed = true
      this.emit('close')
    }
    return this
  }
}

function world() {
  const places = createPlaces({ most: MOST, ownUid: KARO, hasAccount: async (uid) => uid < 100_000 })
  const connect = (uid: number | undefined): FakeSocket => {
    const socket = new FakeSocket()
    places.seat(uid, socket as unknown as Socket)
    return socket
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return { connect, settled }
}
const open = (sockets: readonly FakeSocket[]): number => sockets.filter(({ destroyed }) => !destroyed).length
const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

test('one account has sixteen places, and gets one back when it gives one back', () => {
  const { connect } = world()
  const sockets = many(EACH + 5, () => connect(1000))
  expect(open(sockets)).toBe(EACH)
  sockets[0]!.destroy()
  expect(connect(1000).destroyed).toBe(false)
})

test('uids without an account share sixteen places, however many of them somebody has', async () => {
  const { connect, settled } = world()
  const sockets = many(100, (i) => connect(100_000 + i))
  await settled()
  expect(open(sockets)).toBe(EACH)
  expect(connect(1000).destroyed).toBe(false)
  for (const socket of sockets) socket.destroy()
  const again = connect(200_000)
  await settled()
  expect(again.destroyed).toBe(false)
})

test('when all accounts together have taken what they may, root and the daemon’s own user still find places', () => {
  const { connect } = world()
  const sockets = many(MOST, (i) => connect(1000 + Math.floor(i / EACH)))
  expect(open(sockets)).toBe(MOST - EACH)
  expect(connect(5000).destroyed).toBe(true)
  expect([connect(0).destroyed, connect(KARO).destroyed]).toEqual([false, false])
})

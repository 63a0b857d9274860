// A dial whose machine accepts and says nothing: known as answered while it goes on, and not after.
import { expect, test } from 'vitest'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createDials, type DialsDeps } from '../../../src/mesh/link/dials.ts'
import { TIMINGS } from '../../../src/mesh/timings.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { until } from '../../support/run/until.ts'
import { linked, mute, start, trusts } from './cluster.ts'

interface Progress {
  readonly onProgress: (event: { type: string }) => void
}

/** Dials of no mesh, with what a test has of its own. */
const dialsWith = (own: object) =>
  createDials({
    names: {},
    wires: {},
    timers: systemTimers,
    timings: TIMINGS,
    clock: systemClock,
    put: () => {},
    log: silentLog,
    ...own,
  } as unknown as DialsDeps)

test('a machine that takes the connection and says nothing is answering for as long as it is dialed', async () => {
  const { port, taken } = await mute()
  const { nodeId } = testIdentity()
  const { mesh } = await start({ discovery: { peers: [{ host: '127.0.0.1', port, nodeId }] } })
  await until(() => mesh.isAnswering(nodeId), { what: 'the dial is answered', pollMs: 5 })
  expect(taken()).toBeGreaterThan(0)
  await mesh.stop()
  await until(() => !mesh.isAnswering(nodeId), { what: 'the dial is forgotten', pollMs: 5 })
})

test('a node that is alone has no host until it dials, and then is linked as any other', async () => {
  const other = await start()
  const alone = await start({ mesh: { listen: [] } })
  expect(alone.mesh.health?.()).toEqual([expect.objectContaining({ name: 'mesh.listening', ok: true })])
  await trusts(other, alone)
  await trusts(alone, other)
  alone.mesh.meet({ ...other.address(), nodeId: other.id })
  await linked(alone, other)
  expect(alone.mesh.status().listen).toEqual([])
})

test('of two dials of one node the end of one does not hide that the other was answered', async () => {
  const ends: (() => void)[] = []
  const dial = (_: unknown, { onProgress }: Progress) => {
    onProgress({ type: 'upgrader:encrypt-outbound-connection' })
    return new Promise((_resolve, reject) => void ends.push(() => reject(new Error('reset'))))
  }
  const dials = dialsWith({ open: async () => ({ dial }) })
  const { nodeId: to } = testIdentity()
  const both = ['10.0.0.5:9238', to].map((target) =>
    dials.dial({ do: 'dial', target, to, at: ['/ip4/10.0.0.5/tcp/9238'] }),
  )
  await until(() => ends.length === 2, { what: 'both dials' })
  const said: boolean[] = []
  for (const [at, one] of both.entries()) {
    said.push(dials.isAnswered(to))
    ends[at]?.()
    await one
  }
  expect([...said, dials.isAnswered(to)]).toEqual([true, true, false])
})

test('a dial is silent when the machine took the connection and its handshake ran out of time', async () => {
  const told = async (isAnswered: boolean, lastsMs: number): Promise<unknown> => {
    let now = 0
    let said: unknown
    const dial = async (_: unknown, { onProgress }: Progress) => {
      if (isAnswered) onProgress({ type: 'upgrader:encrypt-outbound-connection' })
      now += lastsMs
      throw new Error('ended')
    }
    const dials = dialsWith({
      open: async () => ({ dial }),
      put: (event: unknown) => (said = event),
      clock: { monotonic: () => now },
    })
    await dials.dial({ do: 'dial', target: 't', to: undefined, at: ['/ip4/10.0.0.5/tcp/9238'] })
    return said
  }
  const { handshakeMs } = TIMINGS
  expect(await told(true, handshakeMs - 100)).toMatchObject({ on: 'dialed', silent: true })
  expect(await told(true, 20)).toMatchObject({ silent: false })
  expect(await told(false, handshakeMs)).toMatchObject({ silent: false })
})

test('the own key that answers is told where its address was announced, and not where the configuration has it', async () => {
  const { nodeId: self } = testIdentity()
  const told: (readonly string[])[] = []
  const dialed: string[] = []
  const dials = dialsWith({
    open: async () => ({
      async dial([address]: readonly { toString(): string }[]) {
        dialed.push(String(address))
        throw new Error('Can not dial self')
      },
    }),
    names: { addresses: async () => ['10.0.0.5'] },
    self,
    onOwnKey: (at: readonly string[]) => told.push(at),
  })
  const announced = ['/ip4/10.0.0.6/tcp/9238']
  for (const at of [{ host: 'ten', port: 9238, nodeId: self }, announced])
    await dials.dial({ do: 'dial', target: self, to: self, at })
  expect(told).toEqual([announced])
  // All machines of a fleet may have the same configuration; the key in it still is the only one that may answer.
  expect(dialed).toEqual([expect.stringMatching(/^\/ip4\/10\.0\.0\.5\/tcp\/9238\/p2p\//), announced[0]])
})

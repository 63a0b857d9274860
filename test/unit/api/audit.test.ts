// The ledger's routes: whoever asks walks it once at a time, and what nobody waits for any more is not walked.

import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { describe, expect, test } from 'vitest'
import { auditRoutes } from '../../../src/api/routes/audit.ts'
import { systemClock } from '../../../src/base/clock.ts'
import type { Audit } from '../../../src/trust/audit/index.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { until } from '../../support/run/until.ts'

const ANN = 1000
const BOB = 1001

/** A ledger whose walks end when they are told to. */
function rig() {
  const walks: { readonly uid: number | undefined; readonly end: () => void }[] = []
  const walk = (uid: number | undefined) =>
    new Promise<[]>((resolve) => walks.push({ uid, end: () => resolve([]) }))
  const audit: Pick<Audit, 'log' | 'verify' | 'whoAsked' | 'export'> = {
    log: ({ uid }) => walk(uid),
    whoAsked: ({ uid }) => walk(uid),
    verify: () => walk(undefined) as unknown as ReturnType<Audit['verify']>,
    export: () => {
      throw new Error('not asked for')
    },
  }
  const rooms = {
    documents: { ownLedgerHeads: async () => [] },
    audit,
    trust: createFakeTrust(),
    clock: systemClock,
    totals: { audiences: () => [], readersOf: () => ({ nodes: [], operators: [] }) },
  }
  const caller = ({ headers }: FastifyRequest) => ({ ...owner(Number(headers['x-uid'])), admin: false })
  const { server } = servingOver(auditRoutes, rooms, caller)
  const ask = async (uid: number, path = '/api/v1/audit/log') =>
    (await server.inject({ url: path, headers: { 'x-uid': String(uid) } })).statusCode
  const begun = (count: number) => until(() => walks.length === count, { what: `${count} walks` })
  return { server, walks, ask, begun }
}

describe('who looks into the ledger', () => {
  test('verifies it once at a time, however it is asked', async () => {
    const { walks, ask, begun } = rig()
    const first = ask(ANN, '/api/v1/audit/verify')
    await begun(1)
    const [second, others] = [ask(ANN, '/api/v1/audit/verify'), ask(BOB, '/api/v1/audit/verify')]
    await begun(2)
    for (const done of [0, 1]) walks[done]?.end()
    await begun(3)
    walks[2]?.end()
    expect(await Promise.all([first, second, others])).toEqual([200, 200, 200])
  })

  test('walks it once at a time, however it is asked; others meanwhile', async () => {
    const { walks, ask, begun } = rig()
    const hers = [ask(ANN), ask(ANN, '/api/v1/audit/who-asked'), ask(ANN)]
    await begun(1)
    const his = ask(BOB)
    await begun(2)
    expect(walks.map(({ uid }) => uid)).toEqual([ANN, BOB])
    let answered = false
    const all = Promise.all([...hers, his]).finally(() => (answered = true))
    // Who asked looks at several kinds of entries, one walk after the other.
    for (let done = 0; !answered; done++) {
      await until(() => answered || walks.length > done, { what: 'another walk, or the last answer' })
      const open = walks.slice(done).map(({ uid }) => uid)
      expect(new Set(open).size).toBe(open.length)
      walks[done]?.end()
    }
    expect(await all).toEqual([200, 200, 200, 200])
    expect(walks.length).toBeGreaterThan(4)
    // None of them reads what is about others.
    expect(new Set(walks.map(({ uid }) => uid))).toEqual(new Set([ANN, BOB]))
  })

  test('waits for five answers at most, and asks again when there are fewer', async () => {
    const { walks, ask, begun } = rig()
    const five = Array.from({ length: 5 }, () => ask(ANN))
    await begun(1)
    expect(await ask(ANN)).toBe(429)
    for (let done = 0; done < 5; done++) {
      walks[done]?.end()
      if (done < 4) await begun(done + 2)
    }
    expect(await Promise.all(five)).toEqual([200, 200, 200, 200, 200])
    const again = ask(ANN)
    await begun(6)
    walks[5]?.end()
    expect(await again).toBe(200)
  })

  test('and has hung up is not walked for', async () => {
    const { server, walks, begun } = rig()
    await server.listen({ host: '127.0.0.1', port: 0 })
    const { port } = server.server.address() as AddressInfo
    const sockets = Array.from({ length: 3 }, () => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.write(`GET /api/v1/audit/log HTTP/1.1\r\nHost: x\r\nX-Uid: ${ANN}\r\n\r\n`)
      return socket
    })
    await begun(1)
    const open = () =>
      new Promise<number>((resolve, reject) =>
        server.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      )
    await until(async () => (await open()) === 3, { what: 'all are connected' })
    for (const socket of sockets) socket.destroy()
    await until(async () => (await open()) === 0, { what: 'all are gone' })
    walks[0]?.end()
    const later = connect({ host: '127.0.0.1', port })
    later.write(`GET /api/v1/audit/log HTTP/1.1\r\nHost: x\r\nX-Uid: ${ANN}\r\n\r\n`)
    await begun(2)
    const answered = new Promise((resolve) => later.once('data', resolve))
    walks[1]?.end()
    await answered
    expect(walks).toHaveLength(2)
    later.destroy()
  })
})

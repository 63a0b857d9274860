// The listener under requests that are changed at random: nothing opens that was closed, and it goes on answering.

import { expect, test } from 'vitest'
import type { Routes } from '../../../src/api/server/route.ts'
import { open, statuses } from '../../support/api/http.ts'
import { startRig } from '../../support/api/http-rig.ts'
import fc, { forAllAsyncIn } from '../../support/run/properties.ts'

const ROUNDS = 300
const SECRET = 'only for whoever is known'
const routes: Routes = (server) => {
  server.get('/api/v1/mine', { config: { access: 'person' } }, async () => ({ SECRET }))
  server.post('/api/v1/mine', { config: { access: 'person' } }, async () => ({ SECRET }))
}

/** A change of a text: at a share of its length, so much is taken out and this put in. */
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  out: fc.nat(12),
  put: fc.oneof(
    fc.constantFrom('\r\n', '\n', '\r\n\r\n', '\0', '/', '%2f', ' ', ':', ';', '\t', '\u00ff'),
    fc.constantFrom('Host: evil\r\n', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    fc.string({ maxLength: 8 }),
  ),
})

test('requests without anything good, changed at random, never open anything', async () => {
  const rig = await startRig([routes])
  const { token } = await rig.token(1000)
  const host = `Host: 127.0.0.1:${rig.port}\r\n`
  const requests = [
    `GET /api/v1/mine HTTP/1.1\r\n${host}\r\n`,
    `GET /api/v1/mine HTTP/1.1\r\n${host}Authorization: Bearer ${token.slice(0, -6)}\r\n\r\n`,
    `GET /api/v1/mine HTTP/1.1\r\n${host}Cookie: karo_session_${rig.port}=x\r\nX-Karo-Session: y\r\n\r\n`,
    `POST /api/v1/mine HTTP/1.1\r\n${host}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    `POST /api/v1/tokens HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  ]
  await forAllAsyncIn(
    { numRuns: ROUNDS },
    fc.constantFrom(...requests),
    fc.array(change, { minLength: 1, maxLength: 4 }),
    async (plain, changes) => {
      const text = changes.reduce((now, { at, out, put }) => {
        const from = Math.floor(at * now.length)
        return now.slice(0, from) + put + now.slice(from + out)
      }, plain)
      const { socket, ended } = await open(rig.port)
      socket.end(text, 'latin1')
      const received = await ended
      expect(received).not.toContain(SECRET)
      for (const status of statuses(received)) expect(status).toBeGreaterThanOrEqual(400)
      // What is allowed for those who show nothing is not what is tried here.
      rig.pass(60_000)
    },
  )
  expect((await rig.with(token, '/api/v1/mine')).json()).toEqual({ SECRET })
})

test('no text but the token itself, however near, is taken for it', async () => {
  const rig = await startRig([routes])
  const { token } = await rig.token(1000, { ttl_ms: 366 * 86_400_000 })
  await forAllAsyncIn(
    { numRuns: ROUNDS },
    fc.nat(token.length - 1),
    fc.stringMatching(/^[!-~]{0,3}$/),
    async (at, put) => {
      const other = token.slice(0, at) + put + token.slice(at + 1)
      fc.pre(other !== token)
      expect((await rig.with(other, '/api/v1/mine')).status).toBe(401)
      rig.pass(60_000)
    },
  )
})

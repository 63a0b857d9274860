// A task that is followed through the API, for as long as a call takes.
import type { IncomingMessage } from 'node:http'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Asked, Elsewhere } from '../../../src/api/remote/ask.ts'
import { agentsRoutes } from '../../../src/api/routes/agents/agents.ts'
import { whileOpen } from '../../../src/api/routes/agents/while-open.ts'
import { owner } from '../../support/api/callers.ts'
import { startRig } from '../../support/api/http-rig.ts'
import { serving } from '../../support/api/serving.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const PERSON = 1_000

test('a connection over which a task is followed is never idle, however long nothing happens', async () => {
  const idleMs: (number | undefined)[] = []
  const elsewhere = {
    async follow(request: Asked & { readonly raw: IncomingMessage }) {
      idleMs.push(request.raw.socket.timeout)
      return (async function* () {})()
    },
  } as unknown as Elsewhere
  const routes = agentsRoutes({ elsewhere, agents: {} } as unknown as Parameters<typeof agentsRoutes>[0])
  const http = await startRig([routes])
  await http.asPerson(PERSON, 'GET', '/api/v1/tasks/events?id=nightly-1&after=0&at=build').catch(() => {})
  expect(idleMs).toEqual([0])
})

test('nothing is begun that would go on for a client that left before it was known who asks', async () => {
  const [asked, known] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const begun: AbortSignal[] = []
  const { server } = serving(
    (routes) => {
      routes.get('/follows', { config: { access: 'person' } }, async (_, reply) => {
        begun.push(whileOpen(reply))
        return {}
      })
    },
    {
      async caller() {
        asked.resolve()
        await known.promise
        return owner(PERSON)
      },
    },
  )
  const answered = new Promise((resolve) => server.addHook('onSend', async () => resolve(undefined)))
  const path = join(temporaryDirectory(), 's')
  await server.listen({ path })
  const left = new Promise((resolve) =>
    server.server.on('connection', (socket) => socket.once('close', resolve)),
  )
  const client = createConnection({ path })
  client.write('GET /follows HTTP/1.0\r\n\r\n')
  await asked.promise
  client.destroy()
  await left
  known.resolve()
  await answered
  expect(begun).toEqual([])
})

// A task that is followed through the API, for as long as a call takes.
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import type { Asked, Elsewhere } from '../../../src/api/remote/ask.ts'
import { agentsRoutes } from '../../../src/api/routes/agents/agents.ts'
import { startRig } from '../../support/api/http-rig.ts'

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

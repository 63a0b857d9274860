// A client and a daemon of different versions.
import { expect, test } from 'vitest'
import { createClient, type Head, type Transport } from '../../../src/api/contract/client/client.ts'
import { getLogs } from '../../../src/api/contract/operations/care.ts'
import { getEvents } from '../../../src/api/contract/operations/events.ts'
import { explainPeer } from '../../../src/api/contract/operations/peers.ts'
import { getIdentity } from '../../../src/api/contract/operations/status.ts'
import { BUILD } from '../../../src/base/version.ts'

const OTHER = '9.9.9+gabcdef0'
const ME = { node_id: `karo:ed25519:${'a'.repeat(43)}`, fingerprint: '0123456789abcdef', name: 'eng' }

const playing = (text: string, head: Partial<Head> = {}): Transport =>
  async function* (_request, _options, onHead) {
    onHead({ status: 200, type: 'application/json', length: undefined, build: undefined, ...head })
    yield new TextEncoder().encode(text)
  }
const identity = (answer: unknown, head: Partial<Head>) =>
  createClient(playing(JSON.stringify(answer), head)).call(getIdentity)

test('an answer in another form is a clear error that names both versions and the member', async () => {
  await expect(identity({ ...ME, fingerprint: undefined }, { build: OTHER })).rejects.toMatchObject({
    code: 'conflict',
    where: 'GET /api/v1/identity: fingerprint',
    message: expect.stringContaining(OTHER),
    hint: expect.stringContaining('restart'),
  })
  // Before daemons said which build they are.
  await expect(identity({ ...ME, name: 7 }, {})).rejects.toMatchObject({ code: 'internal' })
})

test('a newer daemon may say more; the same build is believed', async () => {
  const more = { ...ME, colour: 'green' }
  expect(await identity(more, { build: OTHER })).toEqual(more)
  expect(await identity({ name: 'eng' }, { build: BUILD })).toEqual({ name: 'eng' })
})

test('each line and each event is held against its schema, too', async () => {
  const line = playing('{"time":"2026-11-20T08:00:00Z"}\n', { type: 'application/x-ndjson', build: OTHER })
  await expect(createClient(line).lines(getLogs).next()).rejects.toMatchObject({ code: 'conflict' })
  const event = playing('id: 1\ndata: {"id":"1"}\n\n', { type: 'text/event-stream', build: OTHER })
  await expect(createClient(event).events(getEvents).next()).rejects.toMatchObject({ code: 'conflict' })
})

test('a request that an older daemon does not know is told to be one', async () => {
  const error = JSON.stringify({ error: { code: 'not_found', message: 'there is no GET /api/v1/identity' } })
  const client = (build: string) => createClient(playing(error, { status: 404, build }))
  await expect(client(OTHER).call(getIdentity)).rejects.toMatchObject({
    hint: expect.stringContaining(OTHER),
  })
  await expect(client(BUILD).call(getIdentity)).rejects.toMatchObject({ hint: undefined })
})

test('what is asked goes to the transport in the form of its operation', async () => {
  const asked: unknown[] = []
  const client = createClient(async function* (request, options, onHead) {
    asked.push(`${request.method} ${request.path}`)
    yield* playing(JSON.stringify(ME), { build: BUILD })(request, options, onHead)
  })
  await client.call(explainPeer, { query: { who: 'bob & ann' } })
  expect(asked).toEqual(['GET /api/v1/peers/explain?who=bob+%26+ann'])
})

// karo login against a daemon that is played: it signs what the person asked for and nothing else, and a wrong file costs no question.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bodyOf, decodeFrame, messageTable } from '../../../protocols/frame.ts'
import { Delegation } from '../../../protocols/messages/operator.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import type { LoginOfferShape, WhoAmIShape } from '../../../src/api/contract/shapes.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { verifySignature } from '../../../src/trust/identity/index.ts'
import { createCredential } from '../../../src/trust/operators/index.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { karo } from '../../support/node/played-daemon.ts'
import { node as here, operatorChain, other } from '../trust/certificates/chains.ts'

const WORDS = 'nine words that open it'
const MINUTE_MS = 60_000
const uid = process.getuid?.() ?? 0

const whoAmI = (change: Partial<WhoAmIShape> = {}): WhoAmIShape => ({
  uid,
  node: { node_id: here.nodeId, fingerprint: here.fingerprint, name: 'desk' },
  login: null,
  lapsed: null,
  ...change,
})

function offer(change: Partial<LoginOfferShape> = {}): LoginOfferShape {
  const now = Date.now()
  return {
    session: '01'.repeat(16),
    mesh: '02'.repeat(32),
    node: here.nodeId,
    uid,
    types: ['ToolUsage'],
    audience_key: '03'.repeat(32),
    begins_at: new Date(now).toISOString(),
    ends_at: new Date(now + 30 * MINUTE_MS).toISOString(),
    ...change,
  }
}

function files(): { credential: string; words: string; operator: string } {
  const directory = temporaryDirectory()
  const [credential, words] = [join(directory, 'carol.karo'), join(directory, 'words')]
  const made = createCredential(systemRandom)
  writeFileSync(credential, made.seal(Buffer.from(WORDS))('carol', operatorChain()), { mode: 0o600 })
  writeFileSync(words, `${WORDS}\n`, { mode: 0o600 })
  return { credential, words, operator: made.operator }
}

async function logIn(offered: LoginOfferShape, words?: string) {
  const file = files()
  const answers = {
    'GET /api/v1/login': whoAmI(),
    'POST /api/v1/login/offer': offered,
    'POST /api/v1/login': whoAmI(),
  }
  const more = ['--for', '30m', '--type', 'tools', '--passphrase-file', words ?? file.words]
  const ran = await karo(answers, 'login', '--credential', file.credential, ...more)
  const bodyTo = (line: string) => ran.requests.find((request) => request.line === line)?.body
  return { ...ran, ...file, bodyTo }
}

test('signs the offer, and sends neither the key nor the passphrase', async () => {
  const offered = offer()
  const { code, operator, bodyTo, requests } = await logIn(offered)
  expect(code).toBe(0)
  expect(bodyTo('POST /api/v1/login/offer')).toEqual({ for_ms: 30 * MINUTE_MS, types: ['ToolUsage'] })
  const sent = bodyTo('POST /api/v1/login') as { delegation: string; chain: string[] }
  const frame = decodeFrame(Uint8Array.from(Buffer.from(sent.delegation, 'base64url')), {
    messages: messageTable([Delegation]),
    verify: verifySignature,
  })
  expect(formatNodeId(frame.envelope.sender)).toBe(operator)
  const { session, node, uid: whose, types, not_before, not_after } = bodyOf(frame, Delegation)
  expect([Buffer.from(session).toString('hex'), formatNodeId(node), whose, types]).toEqual([
    ...[offered.session, offered.node, uid, ['ToolUsage']],
  ])
  expect([not_before, not_after]).toEqual([Date.parse(offered.begins_at), Date.parse(offered.ends_at)])
  expect(sent.chain).toHaveLength(2)
  expect(JSON.stringify(requests)).not.toContain(WORDS)
})

test.each<[string, Partial<LoginOfferShape>]>([
  ['another node', { node: other.nodeId }],
  ['another person', { uid: uid + 1 }],
  ['more types', { types: ['ToolUsage', 'SafetyPosture'] }],
  ['a longer time', { ends_at: new Date(Date.now() + 60 * MINUTE_MS).toISOString() }],
  ['another time', { begins_at: new Date(0).toISOString(), ends_at: new Date(MINUTE_MS).toISOString() }],
])('signs nothing where the daemon offers %s than was asked for', async (_what, change) => {
  const said = await logIn(offer(change))
  expect(said).toMatchObject({ code: 4, err: expect.stringContaining('other than this login') })
  expect(said.bodyTo('POST /api/v1/login')).toBeUndefined()
})

test('a wrong passphrase, or no credential, logs nobody in', async () => {
  const words = join(temporaryDirectory(), 'other')
  writeFileSync(words, 'other words than those\n', { mode: 0o600 })
  const wrong = await logIn(offer(), words)
  expect([wrong.code, wrong.bodyTo('POST /api/v1/login')]).toEqual([4, undefined])
  expect(wrong.err).toContain('does not open the credential')
  const none = await karo({}, 'login', '--credential', '/nowhere/carol.karo')
  expect([none.code, none.requests]).toEqual([1, []])
  expect((await karo({}, 'login')).err).toContain('the credential is missing')
})

test.each([
  ['--for', '9h'],
  ['--for', '1s'],
  ['--type', 'tools,commands'],
  ['--type', ','],
])('%s %s is refused before a daemon is asked', async (option, value) => {
  expect(await karo({}, 'login', '--credential', files().credential, option, value)).toMatchObject({
    code: 2,
    requests: [],
    err: expect.stringContaining(option),
  })
})

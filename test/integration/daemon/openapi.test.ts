// Every operation of a real daemon answers as the document says, errors included, over the control socket and over TCP; and karo events
// tells who comes and goes and what is one's own, without level 0, across cuts and a restart.
import { spawn } from 'node:child_process'
import { request } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openApiDocument } from '../../../src/api/contract/openapi.ts'
import { OPERATIONS } from '../../../src/api/contract/operations/index.ts'
import type { EventShape, FeedEvent } from '../../../src/api/contract/shapes.ts'
import { type Judge, judgeBy, type OpenApiDocument } from '../../support/api/openapi.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { KARO } from '../../support/node/in-process.ts'
import { startMesh, type TestMesh, trustAll } from '../../support/node/mesh.ts'
import { cleanEnv, startNode, type TestNode } from '../../support/node/node.ts'
import { ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

interface Answered {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** Over the control socket. */
function ask(
  node: TestNode,
  method: string,
  path: string,
  { body, accept, type = 'application/json' }: { body?: unknown; accept?: string; type?: string } = {},
): Promise<Answered> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { ...(accept && { accept }), ...(text !== undefined && { 'content-type': type }) }
  const asked = request({ socketPath: join(node.home, 'karo.sock'), method, path, headers })
  return new Promise((resolve, reject) => {
    asked.once('error', reject)
    asked.once('response', (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (received += chunk))
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          type: String(response.headers['content-type']),
          text: received,
        }),
      )
    })
    asked.end(text)
  })
}

interface Described {
  readonly name: string
  readonly method: string
  readonly path: string
  /** With the query of its example. */
  readonly url: string
  readonly body: unknown
  readonly takesQuery: boolean
  readonly takesBody: boolean
  readonly access: string
  readonly overSocketOnly: boolean
  readonly endless: boolean
  readonly isJson: boolean
}

/** `karo events` in a process of its own; what it has shown so far. */
function following(node: TestNode, ...args: string[]) {
  const child = track(spawn(process.execPath, [KARO, 'events', ...args], { env: cleanEnv(node.home) }))
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const events = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as FeedEvent)
  return {
    events,
    text: () => out,
    said: () => err,
    /** Of one type, when there is one. */
    first: <T extends FeedEvent['type']>(type: T) =>
      until(() => events().find((event): event is FeedEvent & { type: T } => event.type === type), {
        what: `${type} is told; so far: ${events().map((event) => event.type)}`,
      }),
    async interrupt() {
      child.kill('SIGINT')
      return ended(child)
    },
  }
}

const HTTP = { KARO_HTTP_PORT: '0' }

let ann: TestNode, bob: TestNode
let members: TestMesh['members']
let document: OpenApiDocument
let judge: Judge
let operations: readonly Described[]

function describedIn(from: OpenApiDocument): Described[] {
  type Entry = {
    readonly description: string
    readonly 'x-karo-access': string
    readonly parameters?: readonly { readonly name: string; readonly example?: unknown }[]
    readonly requestBody?: { readonly content: Record<string, { readonly example?: unknown }> }
    readonly responses: Record<string, { readonly content: Record<string, unknown> }>
  }
  return Object.entries(from.paths).flatMap(([path, methods]) =>
    Object.entries(methods as unknown as Record<string, Entry>).map(([method, entry]) => {
      const query = new URLSearchParams()
      for (const { name, example } of entry.parameters ?? [])
        for (const one of [example].flat()) if (one !== undefined) query.append(name, String(one))
      const content = entry.responses['200']?.content ?? {}
      return {
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        url: query.size === 0 ? path : `${path}?${query}`,
        takesQuery: entry.parameters !== undefined,
        takesBody: entry.requestBody !== undefined,
        body: entry.requestBody?.content['application/json']?.example,
        access: entry['x-karo-access'],
        overSocketOnly: entry.description.includes('Over the control socket only.'),
        endless: 'text/event-stream' in content,
        isJson: 'application/json' in content,
      }
    }),
  )
}

/** What it says is as the document has it. */
function fits(
  { method, path }: Described,
  { status, type, text }: Pick<Answered, 'status' | 'type' | 'text'>,
): void {
  expect(type, text).toMatch(/^application\/json/)
  expect(judge.answer(method, path, status, JSON.parse(text))).toBeUndefined()
}

/** `karo events` beside ann, from its start on. */
let on: ReturnType<typeof following>

beforeAll(async () => {
  const mesh = await startMesh(['ann', 'bob'], { env: HTTP })
  ;[ann, bob] = mesh.nodes as [TestNode, TestNode]
  members = mesh.members
  on = following(ann, '--json', '--since', '0')
  await on.first('health_changed')
  await trustAll(mesh.nodes)
  document = JSON.parse((await ask(ann, 'GET', '/api/v1/openapi.json')).text) as OpenApiDocument
  judge = judgeBy(document)
  operations = describedIn(document)
})

/** In order: each finds the two as the one before left them. */
describe('events', () => {
  test('what happens between them is told, in the words of the document, each id once', async () => {
    const peer = {
      name: 'bob',
      node_id: (await bob.status()).node_id,
      fingerprint: (await bob.status()).fingerprint,
    }
    expect((await on.first('peer_pending')).data.peer.node_id).toBe(peer.node_id)
    expect((await on.first('trust_changed')).data).toMatchObject({
      peer,
      action: 'trust',
      level_before: 'untrusted',
      level_after: 'peer',
    })
    expect((await on.first('peer_connected')).data.peer.node_id).toBe(peer.node_id)
    expect((await on.first('member_seen')).data.peer.node_id).toBe(peer.node_id)
    await ann.json(['share', 'allow', 'bob'])
    expect((await on.first('consent_changed')).data).toEqual({ change: 'allow', who: peer.node_id })
    await bob.json(['query', 'tools'])
    expect((await on.first('query_answered')).data).toMatchObject({ peer, query_type: 'ToolUsage' })
    await ann.json(['query', 'health'])
    expect((await on.first('query_asked')).data).toMatchObject({ query_type: 'NodeHealth', known: 1 })
    append(join(ann.home, 'spool'), liveName(), records(['git status']))
    const { data } = await on.first('command_recorded')
    const [stored] = (await ann.json<{ events: EventShape[] }>(['history'])).events
    expect(data).toEqual({
      command_id: stored!.id,
      began_at: stored!.timestamp,
      category: 'git',
      risk_level: 'safe',
    })

    for (const event of on.events())
      expect(judge.item('GET', '/api/v1/events', 'text/event-stream', event)).toBeUndefined()
    const ids = on.events().map(({ id }) => id)
    expect(ids.map((id) => Number(id.split('-')[1]))).toEqual(ids.map((_, i) => i + 1))
  })

  test('a daemon that stops leaves; whoever follows it goes on with the next one: what may be missing is said, what happens is told', async () => {
    const beside = following(bob, '--json', '--type', 'consent_changed')
    await until(
      async () => {
        // Only what changes is told.
        await bob.json(['share', 'off'])
        await bob.json(['share', 'on'])
        return beside.events().length > 0
      },
      { what: 'it follows', pollMs: 200 },
    )
    const before = on.events().length
    await bob.stop()
    const since = <T extends FeedEvent['type']>(type: T) =>
      until(
        () =>
          on
            .events()
            .slice(before)
            .find((event): event is FeedEvent & { type: T } => event.type === type),
        { what: `${type} is told` },
      )
    expect((await since('member_left')).data).toMatchObject({ peer: { name: 'bob' }, why: 'goodbye' })
    await since('peer_gone')
    expect(await on.interrupt()).toEqual({ code: 0, signal: null })

    await until(() => beside.said().includes('asking again'), { what: 'it waits' })
    bob = await startNode({
      name: 'bob',
      home: bob.home,
      env: HTTP,
      ...(members && { netns: members[1]!.netns }),
    })
    await beside.first('lost')
    const lastOf = beside.events().length
    await bob.json(['share', 'off'])
    await until(() => beside.events().length > lastOf, { what: 'what happens after it' })
    const [lost, next] = beside.events().slice(-2) as [FeedEvent, FeedEvent]
    expect([lost.type, lost.data]).toEqual(['lost', { count: null }])
    expect([next.type, next.data]).toEqual(['consent_changed', { change: 'off' }])
    expect(lost.id.split('-')[0]).toBe(next.id.split('-')[0])
    expect(await beside.interrupt()).toEqual({ code: 0, signal: null })
    await bob.json(['share', 'on'])
    await until(async () => (await ann.status()).mesh.peers_trusted === 1, {
      what: 'the two are linked again',
    })
  })
})

describe('operations', () => {
  beforeAll(async () => {
    for (const node of [ann, bob]) {
      await node.json(['share', 'allow', node === ann ? 'bob' : 'ann'])
      const stored = (await node.status()).store.events
      append(
        join(node.home, 'spool'),
        liveName(),
        // Of now: summaries of weeks that are long over do not come.
        records(['git status', 'npm test', 'rm -rf /', 'docker ps'], 1, { start: Date.now() * 1000 }),
      )
      await until(async () => (await node.status()).store.events === stored + 4, {
        what: 'its commands are stored',
      })
    }
    // Summaries of both are published, and the other's has come.
    await until(
      async () =>
        (JSON.parse((await ask(ann, 'GET', '/api/v1/summaries')).text) as { total: number }).total > 0,
      { what: 'a summary of bob is held', pollMs: 500 },
    )
  })

  test('a running node serves the document that the reference of a package is made from', async () => {
    expect(JSON.parse(JSON.stringify(await openApiDocument(OPERATIONS)))).toEqual(document)
  })

  test('the judge sees a member too many, one too few, and a status nobody described', async () => {
    const peers = JSON.parse((await ask(ann, 'GET', '/api/v1/peers')).text) as { peers: object[] }
    expect(peers.peers).toHaveLength(1)
    const of = (value: unknown, status = 200) => judge.answer('GET', '/api/v1/peers', status, value)
    expect(of(peers)).toBeUndefined()
    expect(of({ ...peers, more: 1 })).toContain('additional')
    expect(of({ peers: [{ ...peers.peers[0], more: 1 }] })).toContain('additional')
    expect(of({ peers: [{ ...peers.peers[0], state: undefined }] })).toContain('state')
    expect(of(peers, 418)).toContain('418')
  })

  /** Examples that name what is not there, or what can be done in another way only. */
  const NOT_DONE: Readonly<Record<string, number>> = {
    // The examples before them made a vault and locked it, and that of `destroy` removed it; and this program has no terminal. The
    // file that `restore` shows is cut.
    'POST /api/v1/vault/rotate': 403,
    'POST /api/v1/vault/backup': 403,
    'POST /api/v1/vault/restore': 400,
    'POST /api/v1/vault/secrets': 403,
    'POST /api/v1/vault/secrets/reveal': 403,
    'POST /api/v1/vault/secrets/remove': 403,
    'POST /api/v1/vault/secrets/allow': 403,
    'POST /api/v1/vault/secrets/deny': 404,
    'GET /api/v1/artifacts/show': 404,
    'GET /api/v1/artifacts/content': 404,
    'POST /api/v1/artifacts/part': 404,
    'POST /api/v1/artifacts/finish': 404,
    'POST /api/v1/artifacts/remove': 404,
    'POST /api/v1/artifacts/share': 400,
    'POST /api/v1/artifacts/unshare': 404,
    'POST /api/v1/artifacts/fetch': 404,
    'GET /api/v1/history/inspect': 404,
    'POST /api/v1/memory/forget': 404,
    'POST /api/v1/prompts/render': 404,
    'GET /api/v1/prompts/show': 404,
    'GET /api/v1/planner/show': 404,
    'POST /api/v1/planner/run': 404,
    'POST /api/v1/planner/remove': 404,
    'POST /api/v1/agents': 403,
    'GET /api/v1/agents/describe': 404,
    'POST /api/v1/agents/remove': 404,
    'POST /api/v1/agents/start': 404,
    'POST /api/v1/agents/stop': 404,
    'GET /api/v1/agents/logs': 404,
    'POST /api/v1/tasks': 404,
    'GET /api/v1/tasks/show': 404,
    'GET /api/v1/tasks/events': 404,
    'POST /api/v1/tasks/cancel': 404,
    'GET /api/v1/approvals/one': 404,
    'POST /api/v1/approvals/decide': 404,
    'POST /api/v1/capabilities': 403,
    'POST /api/v1/capabilities/revoke': 404,
    'POST /api/v1/peers/trust': 404,
    'POST /api/v1/peers/deny': 404,
    'POST /api/v1/fleet/invites': 403,
    'POST /api/v1/fleet/invites/cancel': 404,
    'POST /api/v1/people/map': 404,
    'POST /api/v1/people/remove': 404,
    'POST /api/v1/fleet/root': 403,
    'POST /api/v1/fleet/leave': 403,
    'GET /api/v1/fleet/documents': 404,
    'GET /api/v1/fleet/assignable': 404,
    'POST /api/v1/identity/rotate': 404,
    'POST /api/v1/login': 403,
    'POST /api/v1/login/offer': 403,
    'POST /api/v1/operators': 403,
    'POST /api/v1/operators/assign': 404,
    'POST /api/v1/operators/renew': 404,
    'POST /api/v1/operators/revoke': 404,
    'POST /api/v1/fleet/assign': 403,
    'POST /api/v1/fleet/root/list': 403,
    'POST /api/v1/policy/bundle': 403,
    'POST /api/v1/fleet/join': 400,
    'POST /api/v1/sessions': 403,
    'DELETE /api/v1/sessions': 404,
    'POST /api/v1/sessions/end': 404,
    'POST /api/v1/backup/made': 409,
    'POST /api/v1/imports/entries': 404,
    'POST /api/v1/imports/finish': 404,
    'POST /api/v1/imports/undo': 404,
  }
  /** Not by its example: they take what others need, or have a test of their own. */
  const LATER: ReadonlySet<string> = new Set(['POST /api/v1/peers/revoke'])

  test('each example is answered, and as described', async () => {
    expect(operations.length).toBeGreaterThan(25)
    const unexpected: unknown[] = []
    for (const operation of operations) {
      const { name, method, url, body, endless, isJson } = operation
      if (endless || LATER.has(name)) continue
      const answer = await ask(ann, method, url, body === undefined ? {} : { body })
      if (answer.status !== (NOT_DONE[name] ?? 200))
        unexpected.push([name, answer.status, answer.text.slice(0, 300)])
      if (isJson || answer.status !== 200) fits(operation, answer)
    }
    expect(unexpected).toEqual([])
  })

  test('every kind of answer, of data there is', async () => {
    const day = {
      start: new Date(Date.now() - 86_400_000).toISOString(),
      end: new Date(Date.now() + 3_600_000).toISOString(),
    }
    const query = (query_type: string, more = {}) =>
      ['POST', '/api/v1/query', { query_type, range: day, ...more }] as const
    const asked: readonly (readonly [string, string, unknown?])[] = [
      ['GET', '/api/v1/history'],
      ['GET', '/api/v1/history?risk=critical&word=rm'],
      ['GET', '/api/v1/stats?period=year'],
      ['GET', '/api/v1/peers/explain?who=bob'],
      ['GET', '/api/v1/share/preview'],
      ['GET', '/api/v1/share/preview?to=bob'],
      ['GET', '/api/v1/summaries?limit=1'],
      ['GET', '/api/v1/summaries/published'],
      ['GET', '/api/v1/audit/log?limit=1000'],
      ['POST', '/api/v1/peers/trust', { who: 'bob', level: 'peer', roles: ['on-call'], teams: ['eng'] }],
      ['GET', '/api/v1/policy'],
      ['GET', '/api/v1/policy/check?as=role:lead&action=query.tool_usage&level=1'],
      ['GET', '/api/v1/policy/explain?who=bob&action=query.tool_usage'],
      ['POST', '/api/v1/share/allow', { who: 'bob' }],
      query('ToolUsage', {
        per_node: true,
        filters: [{ field: 'tool', operator: 'InList', value: ['git', 'npm'] }],
      }),
      query('SafetyPosture', { per_node: true }),
      query('ActivityPatterns', { per_node: true }),
      query('Anomalies', { per_node: true }),
      query('NodeHealth', { per_node: true }),
      query('ToolUsage', { level: 2 }),
      query('ToolUsage', { team: 'eng' }),
    ]
    for (const [method, url, body] of asked) {
      const answer = await ask(ann, method, url, body === undefined ? {} : { body })
      expect([url, body, answer.status, answer.text.slice(0, 200)]).toEqual([
        url,
        body,
        200,
        expect.anything(),
      ])
      const path = url.split('?', 1)[0]
      fits(operations.find((one) => one.method === method && one.path === path)!, answer)
    }
    await until(
      async () => {
        const { text } = await ask(ann, 'GET', '/api/v1/summaries/published')
        const { summaries } = JSON.parse(text) as { summaries: { recipients: { name: string }[] }[] }
        return summaries.length > 0 && summaries.every(({ recipients }) => recipients[0]?.name === 'bob')
      },
      { what: 'what ann agreed to anew is published', pollMs: 200 },
    )
  })

  test('lines of a question and of the log are as described', async () => {
    const lines = ({ text }: Answered) =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as unknown)
    const type = 'application/x-ndjson'
    const body = operations.find(({ name }) => name === 'POST /api/v1/query')!.body
    const told = lines(await ask(ann, 'POST', '/api/v1/query', { body, accept: type }))
    const logged = lines(await ask(ann, 'GET', '/api/v1/logs?lines=1000&level=debug'))
    expect([told.length, logged.length].every((count) => count > 0)).toBe(true)
    for (const line of told) expect(judge.item('POST', '/api/v1/query', type, line)).toBeUndefined()
    for (const line of logged) expect(judge.item('GET', '/api/v1/logs', type, line)).toBeUndefined()
  })

  describe('mistakes are answered as described', () => {
    test('a member nobody knows, in a query or a body', async () => {
      for (const operation of operations) {
        const { name, method, path, takesBody, takesQuery } = operation
        if (!takesBody && !takesQuery) continue
        const answer = await (takesBody
          ? ask(ann, method, path, { body: { nobody_knows: 1 } })
          : ask(ann, method, `${path}?nobody_knows=1`))
        expect([name, answer.status]).toEqual([name, 400])
        fits(operation, answer)
      }
    })

    test.each([
      ['that is no JSON', '{"', 400],
      ['that is no object', '"nonsense"', 400],
      ['that is too large', 'x'.repeat(3 * 1024 * 1024), 413],
    ])('a body %s', async (_, body, status) => {
      for (const operation of operations.filter(({ takesBody }) => takesBody)) {
        const answer = await ask(ann, operation.method, operation.path, { body })
        expect([operation.name, answer.status]).toEqual([operation.name, status])
        fits(operation, answer)
      }
    })

    test('an unknown node, id, or path', async () => {
      const asked: readonly (readonly [string, string, number])[] = [
        ['GET', '/api/v1/peers/explain?who=nobody', 404],
        ['GET', '/api/v1/share/preview?to=nobody', 404],
        ['GET', '/api/v1/share/preview?to=bob&role=lead', 400],
        ['GET', '/api/v1/audit/log?peer=nobody', 404],
        ['GET', '/api/v1/summaries?author=nobody', 404],
        ['GET', '/api/v1/history?since=yesterday', 400],
        ['GET', '/api/v1/events?since=x', 400],
      ]
      for (const [method, url, status] of asked) {
        const answer = await ask(ann, method, url)
        expect([url, answer.status]).toEqual([url, status])
        const path = url.split('?', 1)[0]
        fits(operations.find((one) => one.method === method && one.path === path)!, answer)
      }
      const none = await ask(ann, 'GET', '/api/v1/nothing')
      // Of no operation, so by the error's schema itself.
      expect(judge.answer('GET', '/api/v1/peers', 401, JSON.parse(none.text))).toBeUndefined()
    })
  })
})

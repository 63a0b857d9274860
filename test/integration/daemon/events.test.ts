// karo events on real daemons: who comes and goes, what is one's own, without level 0, across cuts and a restart.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { EventShape, FeedEvent } from '../../../src/api/contract/shapes.ts'
import { judgeBy, type OpenApiDocument } from '../../support/api/openapi.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startMesh, trustAll } from '../../support/node/mesh.ts'
import { cleanEnv, startNode, type TestNode } from '../../support/node/node.ts'
import { ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')

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

describe('two machines', () => {
  let a: TestNode, b: TestNode
  let on: ReturnType<typeof following>
  const spool = () => join(a.home, 'spool')

  beforeAll(async () => {
    const mesh = await startMesh(['a', 'b'])
    ;[a, b] = mesh.nodes as [TestNode, TestNode]
    on = following(a, '--json', '--since', '0')
    await on.first('health_changed')
    await trustAll(mesh.nodes)
  })

  test('what happens between them is told, in the words of the document, each id once', async () => {
    const peer = {
      name: 'b',
      node_id: (await b.status()).node_id,
      fingerprint: (await b.status()).fingerprint,
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
    await a.json(['share', 'allow', 'b'])
    expect((await on.first('consent_changed')).data).toEqual({ change: 'allow', who: peer.node_id })
    await b.json(['query', 'tools'])
    expect((await on.first('query_answered')).data).toMatchObject({ peer, query_type: 'ToolUsage' })
    await a.json(['query', 'health'])
    expect((await on.first('query_asked')).data).toMatchObject({ query_type: 'NodeHealth', known: 1 })
    append(spool(), liveName(), records(['git status']))
    const { data } = await on.first('command_recorded')
    const [stored] = (await a.json<{ events: EventShape[] }>(['history'])).events
    expect(data).toEqual({
      command_id: stored!.id,
      began_at: stored!.timestamp,
      category: 'git',
      risk_level: 'safe',
    })

    const document = (await callDaemon(
      { socket: join(a.home, 'karo.sock') },
      'GET',
      '/api/v1/openapi.json',
    )) as OpenApiDocument
    const judge = judgeBy(document)
    for (const event of on.events())
      expect(judge.item('GET', '/api/v1/events', 'text/event-stream', event)).toBeUndefined()
    const ids = on.events().map(({ id }) => id)
    expect(ids.map((id) => Number(id.split('-')[1]))).toEqual(ids.map((_, i) => i + 1))
  })

  test('when the other stops, it leaves', async () => {
    const before = on.events().length
    await b.stop()
    const since = <T extends FeedEvent['type']>(type: T) =>
      until(
        () =>
          on
            .events()
            .slice(before)
            .find((event): event is FeedEvent & { type: T } => event.type === type),
        { what: `${type} is told` },
      )
    expect((await since('member_left')).data).toMatchObject({ peer: { name: 'b' }, why: 'goodbye' })
    await since('peer_gone')
    expect(await on.interrupt()).toEqual({ code: 0, signal: null })
  })
})

describe('one machine', () => {
  test('a daemon that restarts is followed on: what may be missing is said, what happens is told', async () => {
    const node = await startNode()
    const on = following(node, '--json', '--type', 'consent_changed')
    await until(
      async () => {
        // Only what changes is told.
        await node.json(['share', 'off'])
        await node.json(['share', 'on'])
        return on.events().length > 0
      },
      { what: 'it follows', pollMs: 200 },
    )
    await node.stop()
    await until(() => on.said().includes('does not answer'), { what: 'it waits' })
    const again = await startNode({ home: node.home })
    await on.first('lost')
    const before = on.events().length
    await again.json(['share', 'off'])
    await until(() => on.events().length > before, { what: 'what happens after it' })
    const [lost, next] = on.events().slice(-2) as [FeedEvent, FeedEvent]
    expect([lost.type, lost.data]).toEqual(['lost', { count: null }])
    expect([next.type, next.data]).toEqual(['consent_changed', { change: 'off' }])
    expect(lost.id.split('-')[0]).toBe(next.id.split('-')[0])
    expect(await on.interrupt()).toEqual({ code: 0, signal: null })
    await again.stop()
  })
})

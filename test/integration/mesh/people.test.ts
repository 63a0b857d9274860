// Two people behind one node: each decides for themselves what another node gets, and only theirs is in it.

import { chmodSync, chownSync, mkdirSync, renameSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { periodOf } from '../../../protocols/periods.ts'
import { OPERATIONS } from '../../../src/api/contract/operations/index.ts'
import type {
  AuditEntryShape,
  EventShape,
  QueryResult,
  SharePreviewShape,
  SharingView,
  StatisticsShape,
  StatusShape,
} from '../../../src/api/contract/shapes.ts'
import { ANOTHER_ACCOUNT } from '../../support/data/another-account.ts'
import { append, records, T0 } from '../../support/data/spool.ts'
import { canPlayAccounts, playedAccounts } from '../../support/node/accounts.ts'
import { callDaemon } from '../../support/node/call-daemon.ts'
import { startMesh, trustAll } from '../../support/node/mesh.ts'
import type { TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import type { HeldSummariesShape, PublishedSummariesShape } from '../../support/shapes.ts'

const ANN = 12_345
const BOB = 12_346
/** An account with no right, which has typed nothing. */
const EVE = 12_347
const TYPED = new Map([
  [ANN, ['git status', 'git log', 'git diff', 'ls -la']],
  [BOB, ['docker ps', 'docker images', 'make test']],
])
const ANNS = { git: 3, ls: 1 }
const BOBS = { docker: 2, make: 1 }

/** Refused whoever asks as this test does; what belongs to the caller, and nothing of others, is behind it. */
const REFUSED_TO_ALL = [
  ...['POST /api/v1/sessions', 'POST /api/v1/agents', 'POST /api/v1/vault/rotate'],
  ...['POST /api/v1/vault/backup', 'POST /api/v1/vault/secrets/reveal', 'POST /api/v1/vault/secrets/allow'],
]

const root = process.getuid?.() === 0
if (!root)
  process.stderr.write('only root can be several people: what each of them shares is not tried here\n')

describe.runIf(root)('a node of two people', () => {
  let machine: TestNode, lead: TestNode
  let leadId: string
  /** When all of it was typed. */
  const typedAt = Date.now() - 60_000
  const accounts = canPlayAccounts() ? playedAccounts() : undefined

  /** As that person: the socket is connected to with their uid, which is all the kernel tells of them. */
  async function as<T>(uid: number, method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    process.seteuid?.(uid)
    const answer = callDaemon({ socket: join(machine.home, 'karo.sock') }, method, path, body)
    process.seteuid?.(0)
    return (await answer) as T
  }
  const history = async (uid: number): Promise<string[]> =>
    (await as<{ events: EventShape[] }>(uid, 'GET', '/api/v1/history')).events.map(({ command }) => command)
  const preview = (uid: number) => as<SharePreviewShape>(uid, 'GET', '/api/v1/share/preview')
  /** Their part of every period that would leave. */
  async function onlyOwn(uid: number, own: Readonly<Record<string, number>>): Promise<void> {
    const { summaries } = await preview(uid)
    // What has left is shown only while its hour, day or week is open.
    if (Date.now() < periodOf('week', typedAt).end) expect(summaries.length).toBeGreaterThan(0)
    for (const { summary } of summaries) {
      const tools = (summary.tool_usage?.tools ?? []).map(({ tool, uses }) => [tool, uses])
      expect(Object.fromEntries(tools)).toEqual(own)
    }
  }
  /** What the lead gets of the machine, and how. */
  async function asked() {
    const words = ['query', 'tools', '--last', '7d', '--per-node', '--json']
    const { coverage, nodes = [] } = JSON.parse((await lead.karo(words)).stdout) as QueryResult
    const tools = nodes.find(({ name }) => name === 'machine')?.tools ?? []
    return {
      outcome: coverage.nodes.find(({ name }) => name === 'machine')?.outcome,
      tools: Object.fromEntries(tools.map(({ tool, uses }) => [tool, uses])),
    }
  }

  /** Any request as it is; of an endless answer the beginning. */
  async function requested(uid: number, method: string, path: string, body: unknown) {
    const content = body === undefined ? '' : JSON.stringify(body)
    const head =
      content === ''
        ? ''
        : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(content)}\r\n`
    const text = await said(
      uid,
      path,
      (got) => path.startsWith('/api/v1/events') && got.includes('retry:'),
      `${method} ${path} HTTP/1.1\r\nhost: karo\r\nconnection: close\r\n${head}\r\n${content}`,
    )
    return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), text }
  }

  /** The whole answer as it comes, or its beginning when that is enough. */
  async function said(
    uid: number,
    path: string,
    enough: (text: string) => boolean = () => false,
    request = `GET ${path} HTTP/1.1\r\nhost: karo\r\nconnection: close\r\n\r\n`,
  ): Promise<string> {
    process.seteuid?.(uid)
    const socket = createConnection({ path: join(machine.home, 'karo.sock') })
    process.seteuid?.(0)
    let text = ''
    let ended = false
    socket.setEncoding('utf8').on('data', (more) => (text += String(more)))
    socket.once('end', () => {
      ended = true
    })
    socket.write(request)
    try {
      await until(() => ended || enough(text), { what: `the answer of ${path} to ${uid}` })
      return text
    } finally {
      socket.destroy()
    }
  }

  beforeAll(async () => {
    const mesh = await startMesh(['machine', 'lead'], {
      env: { KARO_ACCESS_ASKERS: String(BOB) },
      ...(accounts && { under: accounts.under }),
    })
    ;[machine, lead] = mesh.nodes as [TestNode, TestNode]
    await trustAll(mesh.nodes)
    leadId = (await lead.status()).node_id
    chmodSync(machine.home, 0o711)
    chmodSync(join(machine.home, 'karo.sock'), 0o666)
    const spool = join(machine.home, 'spool')
    mkdirSync(spool, { recursive: true, mode: 0o700 })
    for (const [uid, commands] of TYPED) {
      const name = `${uid}-4294967295-${T0}.spool`
      append(spool, `.${name}`, records(commands, 1, { start: typedAt * 1000, cwd: `/canary/${uid}` }))
      chownSync(join(spool, `.${name}`), uid, uid)
      // Whole, and theirs, before the daemon may see it.
      renameSync(join(spool, `.${name}`), join(spool, name))
    }
    for (const [uid, commands] of TYPED) {
      await until(async () => (await history(uid)).length === commands.length, {
        what: `the commands of ${uid} are stored`,
        pollMs: 100,
      })
    }
  })

  test('each finds their own, and whose node it is finds none of theirs', async () => {
    for (const [uid, commands] of [...TYPED, [0, []] as const]) {
      expect((await history(uid)).sort()).toEqual([...commands].sort())
      const stats = await as<StatisticsShape>(uid, 'GET', '/api/v1/stats?period=week')
      expect(stats.total_commands).toBe(commands.length)
      const status = await as<StatusShape>(uid, 'GET', '/api/v1/status')
      expect(status).toMatchObject({ you: { uid, admin: uid === 0 }, store: { events: commands.length } })
    }
  })

  test('whoever asks the mesh finds their own numbers among the answers, and nobody else’s', async () => {
    const range = { start: new Date(Date.now() - 86_400_000).toISOString(), end: new Date().toISOString() }
    const { data, coverage } = await as<QueryResult>(BOB, 'POST', '/api/v1/query', {
      query_type: 'ToolUsage',
      range,
    })
    expect(coverage).toMatchObject({ known: 1, denied: 1 })
    const tools = 'tools' in data ? data.tools : []
    expect(Object.fromEntries(tools.map(({ tool, uses }) => [tool, uses]))).toEqual(BOBS)
  })

  test('no route, asked by whomever, tells of another’s commands', async () => {
    const shown = new Map<string, readonly number[]>()
    const [anns] = (await as<{ events: { id: string }[] }>(ANN, 'GET', '/api/v1/history')).events
    const NEEDED: Readonly<Record<string, string>> = {
      '/api/v1/history/inspect': `?id=${anns?.id}`,
      '/api/v1/agents/describe': '?agent=none',
      '/api/v1/agents/logs': '?agent=none',
      '/api/v1/tasks/show': '?id=none',
      '/api/v1/tasks/events': '?id=none',
      '/api/v1/approvals/one': '?id=0123456789',
      '/api/v1/memory/search': '?q=canary',
      '/api/v1/prompts/show': '?name=none',
      '/api/v1/prompts/versions': '?name=none',
      '/api/v1/planner/show': '?id=0000',
      '/api/v1/artifacts/show': '?id=000000',
      '/api/v1/artifacts/content': '?id=000000',
      '/api/v1/artifacts/where': '?id=000000',
      '/api/v1/fleet/assignable': '?issuer=hq',
      '/api/v1/peers/explain': `?who=${leadId}`,
      '/api/v1/policy/check': '?action=query.tool_usage',
      '/api/v1/policy/explain': `?who=${leadId}&action=query.tool_usage`,
    }
    for (const { method, path } of OPERATIONS) {
      if (method !== 'GET' || path === '/api/v1/events') continue
      const asked = path + (NEEDED[path] ?? '')
      const seen: number[] = []
      for (const uid of [ANN, BOB, 0]) {
        const text = await said(uid, asked)
        expect([path, /^HTTP\/1\.1 (\d+)/.exec(text)?.[1]]).toEqual([
          path,
          expect.stringMatching(/^(?:200|403|404)$/),
        ])
        const found = [...text.matchAll(/\/canary\/(\d+)/g)].map(([, whose]) => Number(whose))
        expect(found.filter((whose) => whose !== uid)).toEqual([])
        if (found.length > 0) seen.push(uid)
      }
      if (seen.length > 0) shown.set(path, seen)
    }
    expect(Object.fromEntries(shown)).toEqual({
      '/api/v1/history': [ANN, BOB],
      '/api/v1/history/commands': [ANN, BOB],
      '/api/v1/history/inspect': [ANN],
      '/api/v1/export': [ANN, BOB],
    })
  })

  test('nobody but whose node it is manages it or asks the mesh', async () => {
    const refused = { code: 'refused' }
    const range = { start: new Date(0).toISOString(), end: new Date().toISOString() }
    await expect(as(ANN, 'POST', '/api/v1/peers/revoke', { who: leadId })).rejects.toMatchObject(refused)
    await expect(as(ANN, 'POST', '/api/v1/query', { query_type: 'ToolUsage', range })).rejects.toMatchObject(
      refused,
    )
    expect(await asked()).toMatchObject({ outcome: 'denied' })
  })

  test('with the consent of one, only theirs is told', async () => {
    await as(ANN, 'POST', '/api/v1/share/allow', { who: leadId })
    expect(await asked()).toEqual({ outcome: 'answered', tools: ANNS })
    expect(await as<SharingView>(BOB, 'GET', '/api/v1/share')).toMatchObject({
      source: 'config',
      allow: { peers: [] },
    })
    await onlyOwn(ANN, ANNS)
    expect(await preview(BOB)).toMatchObject({ summaries: [] })
    expect(await preview(0)).toMatchObject({ summaries: [] })
  })

  test('with both, what is told is the sum, and each sees their part of it', async () => {
    await as(BOB, 'POST', '/api/v1/share/allow', { who: leadId })
    expect(await asked()).toEqual({ outcome: 'answered', tools: { ...ANNS, ...BOBS } })
    await onlyOwn(ANN, ANNS)
    await onlyOwn(BOB, BOBS)
  })

  test('the ledger tells each of their own decisions, and whose node it is of all', async () => {
    const changes = async (uid: number): Promise<unknown[]> => {
      const path = '/api/v1/audit/log?type=consent_change'
      const { entries } = await as<{ entries: AuditEntryShape[] }>(uid, 'GET', path)
      return entries.map(({ details }) => details.uid).sort()
    }
    expect(await changes(ANN)).toEqual([ANN])
    expect(await changes(BOB)).toEqual([BOB])
    expect(await changes(0)).toEqual([ANN, BOB])
    // Who asked this machine, is for everybody on it.
    const received = await as<{ entries: AuditEntryShape[] }>(
      BOB,
      'GET',
      '/api/v1/audit/log?type=query_received',
    )
    expect(received.entries.map(({ peer }) => peer)).toContain(leadId)
  })

  test('the stream of events tells each of their own', async () => {
    const ids = async (uid: number) =>
      (await as<{ events: EventShape[] }>(uid, 'GET', '/api/v1/history')).events.map(({ id }) => id)
    const [anns, bobs] = [await ids(ANN), await ids(BOB)]
    const told = await said(BOB, '/api/v1/events?since=0', (text) => bobs.every((id) => text.includes(id)))
    for (const id of anns) expect(told).not.toContain(id)
    expect(told).not.toContain(`"uid":${ANN}`)
  })

  test('another account may do with each operation what was decided for it, and nothing tells of others', async () => {
    // The description of the API has an example.
    const secrets = [...TYPED.values()].flat().filter((line) => line !== 'git status')
    // Where the other node is.
    const { peers } = await as<{ peers: { addresses: string[] }[] }>(0, 'GET', '/api/v1/peers')
    const places = peers.flatMap(({ addresses }) => addresses)
    expect(places).not.toEqual([])
    const found: Record<string, string> = {}
    for (const { method, path, body, example } of OPERATIONS) {
      const asked = body === undefined ? (example as Record<string, string> | undefined) : undefined
      const query = new URLSearchParams(asked).toString()
      const { status, text } = await requested(
        EVE,
        method,
        query === '' ? path : `${path}?${query}`,
        body && example,
      )
      // Nobody opens a session without a token or a code, agents are off on this node, and a value leaves a vault at a terminal.
      const isOfAll = REFUSED_TO_ALL.includes(`${method} ${path}`)
      found[`${method} ${path}`] = status === 403 && !isOfAll ? 'refused' : 'done'
      // Whatever is asked, somebody foresaw it.
      expect([path, status >= 200 && status < 500]).toEqual([path, true])
      for (const secret of [...secrets, '/canary/', `"uid":${ANN}`, `"uid":${BOB}`, ...places])
        expect([path, secret, text.includes(secret)]).toEqual([path, secret, false])
    }
    const decided = Object.entries(ANOTHER_ACCOUNT).map(([route, [verdict]]) => [
      route,
      verdict === 'refused' ? 'refused' : 'done',
    ])
    expect(found).toEqual(Object.fromEntries(decided))
  })

  test.runIf(canPlayAccounts())(
    'what is held back, because another account has the uid, is in no answer',
    async () => {
      const both = { outcome: 'answered', tools: { ...ANNS, ...BOBS } }
      expect(await asked()).toEqual(both)
      const told = (expected: object, what: string) =>
        until(async () => JSON.stringify(await asked()) === JSON.stringify(expected), { what, pollMs: 300 })
      accounts?.set({ 'karo-newcomer': BOB })
      await told({ outcome: 'answered', tools: ANNS }, 'only what is not held back is told')
      expect(await history(BOB)).toEqual([])
      accounts?.set({})
      await until(async () => (await history(BOB)).length > 0, { what: 'the first account is back' })
      expect(await asked()).toEqual(both)
    },
  )

  test('what one takes back is gone from answers and from the summary that stands in for the machine', async () => {
    const published = async (uid: number) =>
      (await as<PublishedSummariesShape>(uid, 'GET', '/api/v1/summaries/published')).summaries
    type Edition = Pick<PublishedSummariesShape['summaries'][number], 'period' | 'published_at'>
    // Several periods may be published in one moment.
    const nameOf = ({ period, published_at }: Edition): string => JSON.stringify([period, published_at])
    const ofLead = { socket: join(lead.home, 'karo.sock') }
    const anew = async (decide: () => Promise<unknown>) => {
      const decided = Date.now()
      await decide()
      await until(
        async () => {
          const all = await published(ANN)
          const held = (await callDaemon(ofLead, 'GET', '/api/v1/summaries')) as HeldSummariesShape
          const there = new Set(held.summaries.map(nameOf))
          return (
            all.length > 0 &&
            all.every((one) => Date.parse(one.published_at) >= decided && there.has(nameOf(one)))
          )
        },
        { what: 'every period was published anew, and the lead holds these editions', pollMs: 100 },
      )
    }
    // What was published while his commands were held back may be without them, and would then be no other edition without him.
    await anew(() =>
      as(ANN, 'POST', '/api/v1/share/stop', { who: leadId, categories: ['activity_patterns'] }),
    )
    await anew(() => as(BOB, 'POST', '/api/v1/share/off'))
    expect(await asked()).toEqual({ outcome: 'answered', tools: ANNS })
    expect(await published(BOB)).toEqual([])
    await machine.stop()
    await until(
      async () => {
        const { outcome, tools } = await asked()
        return outcome === 'from_summary' && Object.keys(tools).length > 0
      },
      { what: 'summaries stand in', pollMs: 500 },
    )
    expect(await asked()).toEqual({ outcome: 'from_summary', tools: ANNS })
  })
})

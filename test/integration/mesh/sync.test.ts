// Documents between real daemons: kept for somebody who is away by others who cannot read them, and had from them when
// their author is gone for good.
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditVerdict, QueryResult, SharePreviewShape } from '../../../src/api/contract/shapes.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { keyRange, makeKey } from '../../../src/store/level/keyspace.ts'
import { createAuditRepository } from '../../../src/store/tables/audit.ts'
import { createDocumentRepository, type DocumentRepository } from '../../../src/store/tables/documents.ts'
import { feed, hoursOfFeed, typeNow } from '../../support/data/feed.ts'
import { api } from '../../support/mesh/honest.ts'
import { type Fleet, startFleet } from '../../support/node/fleet.ts'
import type { TestNode } from '../../support/node/node.ts'
import { PATIENCE_MS, until } from '../../support/run/until.ts'

const AUTHOR = 0
const READER = 1
const RELAYS = [2, 3]

let fleet: Fleet
let nodes: TestNode[]
let shared: SharePreviewShape

beforeAll(async () => {
  fleet = await startFleet(4, {
    lan: true,
    allow: () => [],
    prepare: (home, index) => {
      if (index === AUTHOR) feed(join(home, 'spool'), index, 1, hoursOfFeed())
    },
  })
  nodes = [...fleet.nodes]
  await linked([0, 1, 2, 3])
})

async function linked(among: readonly number[]): Promise<void> {
  for (const index of among) {
    await until(async () => (await node(index).status()).mesh.peers_trusted === among.length - 1, {
      what: `node ${index} is linked to ${among.length - 1} others`,
      pollMs: 200,
    })
  }
}

const node = (index: number): TestNode => nodes[index] as TestNode

async function start(...indexes: number[]): Promise<void> {
  for (const index of indexes) nodes[index] = await fleet.restart(index)
}

/** The database of a node that does not run. */
async function stored<T>(index: number, use: (documents: DocumentRepository) => Promise<T>): Promise<T> {
  const db = newDatabase(join(node(index).home, 'db'))
  await db.open()
  try {
    return await use(createDocumentRepository(db))
  } finally {
    await db.close()
  }
}

/** What a node says of its ledger when it has been given the head of it by so many. */
const verdictOf = (index: number, members: number): Promise<AuditVerdict> =>
  until(
    async () => {
      const verdict = (await api(node(index), 'GET', 'audit/verify')) as AuditVerdict
      return (verdict.outside?.members.length ?? 0) >= members && verdict
    },
    { what: `node ${index} is given the head of its ledger`, pollMs: 200, deadlineMs: 600_000 },
  )

const KINDS = { entries: 1, heads: 2 }

/** Removes what comes after entry `through`, its heads, and this node's own copies of them. */
async function cut(home: string, through: number): Promise<void> {
  const db = newDatabase(join(home, 'db'))
  await db.open()
  try {
    for (const kind of Object.values(KINDS)) {
      const { lt } = keyRange('audit', { bytes: Uint8Array.of(kind) })
      const gt = makeKey('audit', { bytes: Uint8Array.of(kind) }, { u64: through })
      for (const key of await db.keys({ gt, lt }).all()) await db.del(key)
    }
    const documents = createDocumentRepository(db)
    const remove = []
    for await (const row of documents.load()) if (row.role === 'own') remove.push(row)
    await documents.write({ remove })
    expect((await createAuditRepository(db).newest())?.seq).toBe(through)
  } finally {
    await db.close()
  }
}

async function outcome(): Promise<string | undefined> {
  const range = hoursOfFeed()
  const asked = await node(READER).karo([
    ...['query', 'tools', '--from', new Date(range.start).toISOString(), '--json'],
  ])
  const result = JSON.parse(asked.stdout) as QueryResult
  return result.coverage.nodes.find(({ name }) => name === 'node-0')?.outcome
}

describe('documents', () => {
  test('say where each ledger stands, to everybody who may notice when it goes back', async () => {
    const others = [0, 1, 2]
    for (const index of others) expect((await node(index).status()).documents.received).toBe(0)
    expect(await node(3).karo(['audit', 'verify'])).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('Entries may be missing at its end'),
    })
    // A head is signed every hour, and when a node stops: neighbours have it before the links end. There is a second for that, which a
    // busy machine may need for other things. What is cut has nothing to give when it starts.
    await node(3).stop()
    const received = async () =>
      (await Promise.all(others.map((index) => node(index).status()))).some(
        ({ documents }) => documents.received === 1,
      )
    const what = 'somebody keeps it'
    const end = performance.now() + 2 * PATIENCE_MS
    while (!(await until(received, { what, deadlineMs: 10_000 }).catch(() => false))) {
      if (performance.now() > end) throw new Error('nobody has the head of a node that has stopped')
      await cut(node(3).home, 2)
      await start(3)
      await linked([0, 1, 2, 3])
      await node(3).stop()
    }
    await start(3)
    for (const index of others) {
      await until(async () => (await node(index).status()).documents.received === 1, {
        what: `node ${index} keeps the head of node 3's ledger`,
        pollMs: 200,
      })
    }
    expect((await node(3).status()).documents).toMatchObject({ own: 1, received: 0 })
    await linked([0, 1, 2, 3])
    const whole = await verdictOf(3, others.length)
    expect(whole).toMatchObject({ ok: true, outside: { missing: 0 } })
    expect((await node(3).karo(['audit', 'verify'])).code).toBe(0)
  })

  test('are kept for a recipient that is away by those who relay them', async () => {
    const { node_id } = await node(READER).json<{ node_id: string }>(['identity', 'show'])
    await node(READER).stop()
    await node(AUTHOR).json(['share', 'allow', node_id])
    typeNow(join(node(AUTHOR).home, 'spool'))
    const preview = () => node(AUTHOR).json<SharePreviewShape>(['share', 'preview'])
    await until(async () => (await preview()).summaries.length > 0, {
      what: 'what is shared now can be seen',
    })
    shared = await preview()
    // Three are there, and one of them is the author: the two others relay everything.
    for (const index of RELAYS) {
      await until(async () => (await node(index).status()).documents.relayed >= shared.summaries.length, {
        what: `node ${index} relays what node 0 shared`,
        pollMs: 200,
      })
    }
  })

  test('reach it from there when their author is gone for good', async () => {
    await node(AUTHOR).kill9()
    await start(READER)
    await until(async () => (await outcome()) === 'from_summary', {
      what: 'the reader has the summaries of a node it never met again',
      pollMs: 500,
    })
  })

  test('hold nothing that a relay could read', async () => {
    await node(2).stop()
    const { frames, rows } = await stored(2, async (documents) => {
      const kept = { frames: [] as Buffer[], rows: 0 }
      for await (const row of documents.load()) {
        if (row.role !== 'relayed') continue
        kept.rows++
        kept.frames.push(Buffer.from((await documents.frame(row)) ?? []))
      }
      return kept
    })
    expect(rows).toBeGreaterThanOrEqual(shared.summaries.length)
    const plain = JSON.stringify(shared.summaries.map(({ summary }) => summary))
    const words = ['tool_usage', 'activity_pattern', 'total_commands', 'docker', 'make', 'failures']
    for (const word of words) {
      expect(plain).toContain(word)
      expect(frames.filter((frame) => frame.includes(word)).length).toBe(0)
    }
    // What a relay does see.
    expect(frames.every((frame) => frame.includes('granularity'))).toBe(true)
  })

  test('tell of a ledger without its end by how much it is short, and by whose word', async () => {
    // It is cut off together with everything that its machine knew of it.
    await node(3).stop()
    await cut(node(3).home, 2)
    await start(2, 3)
    const { ok, outside } = await verdictOf(3, 1)
    expect([ok, outside?.members[0]?.name]).toEqual([false, expect.stringMatching(/^node-[12]$/)])
    expect(outside?.missing).toBeGreaterThan(0)
    expect((await node(3).karo(['audit', 'verify'])).code).toBe(1)
  })
})

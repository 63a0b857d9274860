// Trust by subnet between two real nodes: it admits for as long as the connection lasts, and a denial is stronger.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { AuditEntryShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { nextTo } from '../../support/mesh/honest.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const DOMAIN = '[trust.domains]\n"127.0.0.0/8" = { level = "peer", teams = ["lab"] }\n'

interface Explained {
  readonly peer: {
    readonly state: string
    readonly trust_level: string
    readonly why: string
    readonly teams: string[]
  }
  readonly steps: readonly { readonly source: string; readonly says: string; readonly decides: boolean }[]
}

let first: TestNode
let second: TestNode
let ids: string[]

const explain = (node: TestNode, who: string): Promise<Explained> =>
  node.json<Explained>(['peers', 'explain', who])

beforeAll(async () => {
  // Nobody listens there: what makes it reload at SIGHUP is that it was told of a manager.
  first = await startNode({ name: 'oak', config: DOMAIN, env: { NOTIFY_SOCKET: '@karo-test-nobody' } })
  second = await startNode({ name: 'elm', config: `${await nextTo(first)}\n${DOMAIN}` })
  ids = await Promise.all([first, second].map(async (node) => (await node.status()).node_id))
})

test('nodes of a trusted subnet admit each other with no command, and explain says by which subnet', async () => {
  await until(async () => (await first.status()).mesh.peers_connected === 1, { what: 'they are connected' })
  const { peer, steps } = await explain(first, ids[1]!)
  expect(peer).toMatchObject({ state: 'connected', trust_level: 'peer', why: 'domain', teams: ['lab'] })
  expect(steps.find(({ decides }) => decides)).toMatchObject({ source: 'domain' })
  expect(steps.find(({ source }) => source === 'domain')?.says).toMatch(
    /^it is connected from 127\.0\.0\.1, .*127\.0\.0\.0\/8/,
  )
  const { coverage } = await first.json<QueryResult>(['query', 'health'])
  expect(coverage).toMatchObject({ known: 1, answered: 1, complete: true })
})

test('a reload that takes the subnet out ends what it gave, and one that brings it back gives it again', async () => {
  const file = join(first.home, 'config.toml')
  const whole = readFileSync(file, 'utf8')
  const reload = (text: string): void => {
    writeFileSync(file, text, { mode: 0o600 })
    first.process.kill('SIGHUP')
  }
  reload(whole.replace(DOMAIN, ''))
  await until(async () => (await first.status()).mesh.peers_connected === 0, { what: 'elm is out' })
  expect((await explain(first, ids[1]!)).peer).toMatchObject({ trust_level: 'untrusted', why: 'default' })
  const { entries } = await first.json<{ entries: AuditEntryShape[] }>([
    'audit',
    'log',
    '--type',
    'trust_change',
  ])
  expect(entries.map(({ details }) => details)).toContainEqual(
    expect.objectContaining({ action: 'reload', level_before: 'peer', level_after: 'untrusted' }),
  )
  reload(whole)
  await until(async () => (await first.status()).mesh.peers_connected === 1, {
    what: 'elm is back',
  })
})

test('a denial is stronger, and ends the connection', async () => {
  await first.json(['peers', 'deny', ids[1]!])
  await until(async () => (await first.status()).mesh.peers_connected === 0, {
    what: 'the connection has ended',
  })
  expect((await explain(first, ids[1]!)).peer).toMatchObject({ state: 'denied', trust_level: 'untrusted' })
})

test('what a subnet gives ends with the connection', async () => {
  const { peer, steps } = await explain(second, ids[0]!)
  expect(peer).toMatchObject({ trust_level: 'untrusted', why: 'default', teams: [] })
  expect(steps.find(({ source }) => source === 'domain')).toMatchObject({
    decides: false,
    says: 'it is not connected from a subnet that [trust.domains] names',
  })
})

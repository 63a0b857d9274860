// A real daemon over a damaged database: it does not start as if nothing were, says what to run, and that saves the rest.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventShape } from '../../src/api/shapes.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { ended } from '../support/processes.ts'
import { append, liveName, records } from '../support/spool.ts'
import { until } from '../support/until.ts'

const COUNT = 2_000
const commandsOf = async (node: TestNode): Promise<string[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '10000'])).events.map(
    ({ command }) => command,
  )

test.each(['turned', 'cut off'])('%s', async (kind) => {
  const node = await startNode({ name: 'sick' })
  append(
    join(node.home, 'spool'),
    liveName(),
    records(Array.from({ length: COUNT }, (_, i) => `echo ${i} ${'x'.repeat(i % 60)}`)),
  )
  await until(async () => (await node.status()).store.events === COUNT, { what: 'all events' })
  const before = new Set(await commandsOf(node))
  const { node_id } = await node.json<{ node_id: string }>(['identity', 'show'])
  await node.stop()

  const db = join(node.home, 'db')
  const log = join(db, readdirSync(db).find((name) => name.endsWith('.log'))!)
  const bytes = readFileSync(log)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = bytes[at]! ^ 0x10
  const harmed = kind === 'turned' ? bytes : bytes.subarray(0, at)
  writeFileSync(log, harmed)

  const refused = await startNode({ home: node.home, ready: false })
  expect(await ended(refused.process)).toEqual({ code: 1, signal: null })
  expect(refused.log()).toContain('the database is damaged')
  expect(refused.log()).toContain('karo doctor --repair')
  expect(refused.log()).not.toMatch(/\n\s+at /)

  expect((await node.karo(['doctor', '--repair'])).stderr).toBe('')
  const kept = readdirSync(node.home).find((name) => name.startsWith('db.damaged-'))!
  expect(readFileSync(join(node.home, kept, basename(log))).equals(harmed)).toBe(true)
  const next = await startNode({ home: node.home })
  expect((await next.json<{ node_id: string }>(['identity', 'show'])).node_id).toBe(node_id)
  const after = await commandsOf(next)
  expect(after.length).toBeGreaterThan(0)
  for (const command of after) expect(before.has(command) || command.startsWith('# the text')).toBe(true)
  // It counts what there is, and goes on.
  expect((await next.status()).store.events).toBe(after.length)
  append(join(next.home, 'spool'), liveName(), records(['echo again'], COUNT + 1))
  await until(async () => (await commandsOf(next)).includes('echo again'), { what: 'what is typed now' })
})

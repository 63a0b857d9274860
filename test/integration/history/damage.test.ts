// A real daemon over a damaged database: it does not start as if nothing were, says what to run, and that saves the rest.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import type { EventShape } from '../../../src/api/contract/shapes.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { ended } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const COUNT = 2_000
const commandsOf = async (node: TestNode): Promise<string[]> =>
  (await node.json<{ events: EventShape[] }>(['history', '--limit', '10000'])).events.map(
    ({ command }) => command,
  )

test('bytes that were turned', async () => {
  const node = await startNode({ name: 'sick' })
  const shell = liveName()
  const texts = Array.from({ length: COUNT }, (_, i) => `echo ${i} ${'x'.repeat(i % 60)}`)
  // In several changes of the database: of one that is damaged nothing is left.
  for (let at = 0; at < COUNT; at += COUNT / 4) {
    append(join(node.home, 'spool'), shell, records(texts.slice(at, at + COUNT / 4), at + 1))
    await until(async () => (await node.status()).store.events === at + COUNT / 4, { what: 'these events' })
  }
  const before = new Set(await commandsOf(node))
  const { node_id } = await node.json<{ node_id: string }>(['identity', 'show'])
  await node.stop()

  const db = join(node.home, 'db')
  const log = join(db, readdirSync(db).find((name) => name.endsWith('.log'))!)
  const bytes = readFileSync(log)
  const at = Math.floor(bytes.length / 2)
  bytes[at] = bytes[at]! ^ 0x10
  writeFileSync(log, bytes)

  const refused = await startNode({ home: node.home, ready: false })
  expect(await ended(refused.process)).toEqual({ code: 1, signal: null })
  expect(refused.log()).toContain('the database is damaged')
  expect(refused.log()).toMatch(/karo .*doctor --repair/)
  expect(refused.log()).not.toMatch(/\n\s+at /)

  // Nothing that runs after it takes it for as good as before.
  expect(await node.karo(['doctor', '--repair'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('Lost: unknown'),
    stderr: '',
  })
  const kept = readdirSync(node.home).find((name) => name.startsWith('db.damaged-'))!
  expect(readFileSync(join(node.home, kept, basename(log))).equals(bytes)).toBe(true)
  const next = await startNode({ home: node.home })
  expect((await next.json<{ node_id: string }>(['identity', 'show'])).node_id).toBe(node_id)
  // What the spool still has and the database lost is read again.
  const after = await until(
    async () => {
      const found = await commandsOf(next)
      const { store, spool } = await next.status()
      return store.events === found.length && spool.pending_bytes === 0 && found
    },
    { what: 'as many as are counted' },
  )
  expect(after.length).toBeGreaterThan(0)
  for (const command of after) expect(before.has(command) || command.startsWith('# the text')).toBe(true)
  // It goes on.
  append(join(next.home, 'spool'), liveName(), records(['echo again'], COUNT + 1))
  await until(async () => (await commandsOf(next)).includes('echo again'), { what: 'what is typed now' })
})

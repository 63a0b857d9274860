// The ledger of a real node, from outside: who asked, exported, and verified where no daemon runs.
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { allLinked, startFleet } from '../../support/node/fleet.ts'
import { cleanEnv, runKaro, temporaryHome } from '../../support/node/node.ts'

test('who asked, the ledger as a file, and its proof elsewhere', async () => {
  const { nodes } = await startFleet(2, { lan: false })
  await allLinked(nodes)
  const [asker, asked] = nodes
  await asker!.json(['query', 'tools'])
  await asker!.karo(['query', 'health'])
  const told = await asked!.json<{ askers: Record<string, unknown>[] }>([
    'audit',
    'who-asked',
    '--last',
    '1h',
  ])
  const { node_id, fingerprint } = await asker!.status()
  const row = { node_id, fingerprint, name: 'node-0', asked: 1, busy: 0 }
  expect(told.askers.toSorted((a, b) => String(a.query_type).localeCompare(String(b.query_type)))).toEqual([
    expect.objectContaining({ ...row, query_type: 'NodeHealth', allowed: 1, refused: 0 }),
    expect.objectContaining({ ...row, query_type: 'ToolUsage' }),
  ])
  const shown = await asked!.karo(['audit', 'who-asked'])
  expect(shown.stdout).toMatch(/^WHO +VIA +ABOUT +ASKED.*\n(node-0 +– +(NodeHealth|ToolUsage) +1 .*\n){2}/)

  const file = join(temporaryHome(), 'ledger.ndjson')
  const written = await asked!.json<{ entries: number }>(['audit', 'export', '--output', file])
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(await asked!.karo(['audit', 'export', '--output', file])).toMatchObject({ code: 1 })
  const rows = (await asked!.karo(['audit', 'export', '--format', 'csv'])).stdout.split('\r\n')
  expect(rows[0]).toBe('seq,timestamp,type,success,peer,trace_id,details,hash')
  expect(rows.slice(1, -1).map((row) => Number.parseInt(row, 10))).toEqual(
    Array.from({ length: rows.length - 2 }, (_, i) => i + 1),
  )
  expect(rows.some((row) => /,query_received,true,karo:ed25519:.*,"\{""query_id"":/.test(row))).toBe(true)
  // What began later holds less, and is proven all the same.
  const later = join(temporaryHome(), 'later.ndjson')
  const [, second = ''] = rows[3]?.split(',') ?? []
  await asked!.json(['audit', 'export', '--since', second, '--output', later])
  await asked!.stop()

  // Nothing of that node is here.
  const elsewhere = cleanEnv(temporaryHome())
  const proven = await runKaro(['audit', 'verify', '--file', file, '--json'], elsewhere)
  expect(proven.code).toBe(0)
  expect(JSON.parse(proven.stdout)).toMatchObject({
    ok: true,
    entries: written.entries,
    first: 1,
    first_bad: null,
    node_id: (JSON.parse((await asked!.karo(['identity', 'show', '--json'])).stdout) as { node_id: string })
      .node_id,
  })
  const part = await runKaro(['audit', 'verify', '--file', later, '--json'], elsewhere)
  expect(JSON.parse(part.stdout)).toMatchObject({ ok: true })
  expect((JSON.parse(part.stdout) as { first: number }).first).toBeGreaterThan(1)
  writeFileSync(file, readFileSync(file, 'utf8').replace('NodeHealth', 'ToolUsage'))
  const altered = await runKaro(['audit', 'verify', '--file', file], elsewhere)
  expect(altered.code).toBe(1)
  expect(altered.stdout).toMatch(/broken at entry \d+/)
  expect(await runKaro(['audit', 'verify', '--file', '/dev/null'], elsewhere)).toMatchObject({ code: 1 })
  expect(await runKaro(['audit', 'verify', '--file', '/nonexistent'], elsewhere)).toMatchObject({ code: 1 })
})

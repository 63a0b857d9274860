// Logs of real daemons name no person and hold nothing that was typed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntryShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { LOG_LEVELS } from '../../../src/base/run/log.ts'
import { startMesh, trustAll } from '../../support/node/mesh.ts'
import { type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { openBash } from '../../support/shell/pty.ts'

/** Names people give, and what they type: none of it may be in a log. */
const NAMES = { peer: 'zqpeername', team: 'zqteamname', role: 'zqrolename' }
const TYPED = ['zqtyped', 'zqsearched', 'zqchecked', 'zqmistyped', 'zqnobody']

let ann: TestNode
let bob: TestNode
let members: readonly { readonly netns: string }[] | undefined
beforeAll(async () => {
  const mesh = await startMesh(['ann', 'bob'], { env: { KARO_LOG_LEVEL: 'debug' } })
  ;[ann, bob] = mesh.nodes as [TestNode, TestNode]
  members = mesh.members
  await trustAll(mesh.nodes)
})

interface LogLine {
  readonly level: string
  readonly msg: string
}

const logOf = (node: TestNode): LogLine[] =>
  node
    .log()
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []))

const ledgerOf = async (node: TestNode): Promise<readonly AuditEntryShape[]> =>
  (await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log'])).entries

describe('the log', () => {
  test('names no person, holds nothing that was typed, and every line has a level of its own', async () => {
    const { node_id } = await bob.status()
    await ann.json([
      'peers',
      'trust',
      node_id,
      '--name',
      NAMES.peer,
      '--team',
      NAMES.team,
      '--role',
      NAMES.role,
    ])
    await ann.json(['share', 'allow', NAMES.peer])
    await ann.json(['share', 'allow', `team:${NAMES.team}`])
    const result = await ann.json<QueryResult>(['query', 'health', '--team', NAMES.team, '--per-node'])
    expect(result.team).toBe(NAMES.team)

    const rc = join(temporaryHome(), 'rc')
    writeFileSync(rc, (await ann.karo(['shell', 'init', 'bash'])).stdout)
    const bash = await openBash({ rc, netns: members?.[0]?.netns, env: { KARO_HOME: ann.home } })
    await bash.run(`echo ${TYPED[0]} > /dev/null`)
    await bash.close()
    await until(async () => (await ann.json<{ total: number }>(['history', TYPED[0]!])).total > 0, {
      what: 'what was typed is stored',
      pollMs: 100,
    })
    // What people look for, and what they get wrong.
    for (const words of [
      ['history', TYPED[1]!],
      ['check', `rm -rf /${TYPED[2]}`],
      ['peers', 'explain', TYPED[3]!],
      ['peers', 'trust', TYPED[4]!],
      ['share', 'stop', `role:${NAMES.role}`],
      ['query', 'tools', '--where', `tool=${TYPED[3]}`],
      ['audit', 'log', '--peer', NAMES.peer],
    ]) {
      await ann.karo(words)
    }
    await bob.karo(['query', 'tools'])
    for (const node of [ann, bob]) {
      const log = node.log()
      for (const word of [...Object.values(NAMES), ...TYPED]) expect(log.includes(word), word).toBe(false)
      const lines = logOf(node)
      expect(lines.length).toBeGreaterThan(20)
      for (const { level, msg } of lines) expect(LOG_LEVELS, msg).toContain(level)
      // Nor does the daemon tell it to those who follow.
      const told = (await node.karo(['logs', 'tail', '-n', '1000', '--json'])).stdout
      for (const word of [...Object.values(NAMES), ...TYPED]) expect(told.includes(word), word).toBe(false)
    }
    // A ledger belongs to whoever is asked about; a name in it is the node's id.
    expect(JSON.stringify(await ledgerOf(bob))).not.toContain(NAMES.peer)
  })
})

// Three machines that are asked: about what each chose to tell, again and again, and taken back.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntryShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { type Fed, feed, hoursOfFeed, sumOf } from '../../support/data/feed.ts'
import { startMesh, trustAll } from '../../support/node/mesh.ts'
import { cleanEnv, type TestNode } from '../../support/node/node.ts'
import { ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const SEED = 41
const range = hoursOfFeed()
const BETWEEN = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]

let a: TestNode, b: TestNode, c: TestNode
/** What the people of b and c did; nobody typed anything on a. */
let fed: readonly [Fed, Fed]

const usesOf = ({ data }: QueryResult): Record<string, number> =>
  'tools' in data ? Object.fromEntries(data.tools.map(({ tool, uses }) => [tool, uses])) : {}

/** A question that goes on; its lines so far. */
function watching(node: TestNode, ...args: string[]) {
  const child = track(
    spawn(process.execPath, [KARO, 'query', ...args, '--watch', '--json'], { env: cleanEnv(node.home) }),
  )
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  return {
    lines: () =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as QueryResult),
    async interrupt() {
      child.kill('SIGINT')
      return ended(child)
    },
  }
}

beforeAll(async () => {
  const mesh = await startMesh(['a', 'b', 'c'], { tap: true })
  ;[a, b, c] = mesh.nodes as [TestNode, TestNode, TestNode]
  await trustAll(mesh.nodes)
  for (const node of [b, c]) await node.json(['share', 'allow', 'a'])
  fed = [feed(join(b.home, 'spool'), 1, SEED, range), feed(join(c.home, 'spool'), 2, SEED, range)]
  for (const [i, node] of [b, c].entries()) {
    await until(async () => (await node.json<{ total: number }>(['history'])).total === fed[i]!.commands, {
      what: `${node.name} has its commands`,
      pollMs: 100,
    })
  }
})

/** In order: each step finds the mesh as the one before left it. */
describe('three machines', () => {
  test('anomalies come from nodes whose people chose to be named with them, and from no other', async () => {
    const outcomes = async () => {
      const { stdout } = await a.karo(['query', 'anomalies', ...BETWEEN, '--json'])
      const { coverage, notes } = JSON.parse(stdout) as QueryResult
      return [...coverage.nodes.map(({ name, outcome }) => `${name} ${outcome}`).sort(), notes.length]
    }
    expect(await outcomes()).toEqual(['b denied', 'c denied', 1])
    expect(await b.json(['share', 'anomalies', 'identified'])).toMatchObject({ anomalies: 'identified' })
    expect(await outcomes()).toEqual(['b answered', 'c denied', 1])
    expect(await b.json(['share', 'anomalies', 'off'])).toMatchObject({ anomalies: 'off' })
    expect(await outcomes()).toEqual(['b denied', 'c denied', 1])
  })

  test('watching gives one result per line until Ctrl-C, which is a good end', async () => {
    const watch = watching(a, 'tools', ...BETWEEN, '--every', '1s')
    await until(() => watch.lines().length >= 2, { what: 'two results' })
    expect(await watch.interrupt()).toEqual({ code: 0, signal: null })
    for (const result of watch.lines()) {
      expect(usesOf(result)).toEqual(sumOf(fed).uses)
      expect(result.coverage.complete).toBe(true)
    }
  })

  test('Ctrl-C takes back the question under way, and the ledger says so', async () => {
    c.process.kill('SIGSTOP')
    const entriesOf = async (node: TestNode, type: string) =>
      (await node.json<{ entries: AuditEntryShape[] }>(['audit', 'log', '--type', type])).entries
    const asked = () => entriesOf(a, 'query_asked')
    const received = async () => (await entriesOf(b, 'query_received')).length
    const before = { asked: (await asked()).length, received: await received() }
    try {
      const watch = watching(a, 'activity', ...BETWEEN, '--timeout', '60s')
      await until(async () => (await received()) > before.received, { what: 'b was asked' })
      expect(await watch.interrupt()).toEqual({ code: 0, signal: null })
      expect(watch.lines()).toEqual([])
      await until(async () => (await asked()).length > before.asked, { what: 'the ledger has it' })
    } finally {
      c.process.kill('SIGCONT')
    }
    expect((await asked())[0]?.details).toMatchObject({
      query_type: 'ActivityPatterns',
      ended_by: 'cancelled',
    })
  })

  test('nothing that was typed left b or c', () => {
    for (const node of [b, c]) {
      const said = readFileSync(join(node.home, 'said'))
      expect(said.length).toBeGreaterThan(0)
      for (const text of [
        'git status',
        'git log --oneline',
        'own-script',
        'rm -rf',
        'docker ps',
        'make test',
      ]) {
        expect([text, said.includes(text)]).toEqual([text, false])
      }
    }
  })
})

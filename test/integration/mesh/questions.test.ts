// Three machines asked in every way the command line has: types, filters, teams, watching, taking a question back.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
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

const ask = (type: string, ...more: string[]): Promise<QueryResult> =>
  a.json<QueryResult>(['query', type, ...BETWEEN, ...more])

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
  test('safety is the sum of what was typed, and each node stands by itself', async () => {
    const result = await ask('safety', '--per-node')
    expect(result.data).toMatchObject({ by_risk_level: sumOf(fed).risk, nodes_reporting: 3 })
    expect(result.coverage).toMatchObject({ known: 2, answered: 2, complete: true })
    const risks = Object.fromEntries(result.nodes?.map((one) => [one.name, one.safety?.by_risk_level]) ?? [])
    expect([risks.b, risks.c]).toEqual(fed.map((one) => one.risk))
  })

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

  test('activity has every command in one hour of the day and one day of the week', async () => {
    const { data, nodes } = await ask('activity', '--per-node')
    if (!('hourly' in data)) throw new Error('no hours')
    const { commands, unique } = sumOf(fed)
    const sum = (counts: readonly (number | null)[]) =>
      counts.reduce<number>((total, one) => total + (one ?? Number.NaN), 0)
    expect([data.hourly.length, data.daily.length]).toEqual([24, 7])
    expect([sum(data.hourly), sum(data.daily)]).toEqual([commands, commands])
    expect([data.total_commands, data.unique_commands]).toEqual([commands, unique])
    expect(nodes?.map(({ name, activity }) => [name, activity?.total_commands])).toEqual([
      ['b', fed[0].commands],
      ['c', fed[1].commands],
    ])
  })

  test('filters leave the same numbers, of owners and of sums', async () => {
    const { uses, risk } = sumOf(fed)
    expect(usesOf(await ask('tools'))).toEqual(uses)
    expect(usesOf(await ask('tools', '--where', 'tool=in:git,ls'))).toEqual({ git: uses.git, ls: uses.ls })
    const most = Math.max(...Object.values(uses))
    const common = await ask('tools', '--where', `uses=>:${most - 1}`)
    expect(usesOf(common)).toEqual(
      Object.fromEntries(Object.entries(uses).filter(([, count]) => count === most)),
    )
    const { data } = await ask('safety', '--where', 'risk_level=critical')
    expect(data).toMatchObject({ by_risk_level: { safe: 0, critical: risk.critical } })
    const wrong = await a.karo(['query', 'tools', '--where', 'shell=bash'])
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/no field 'shell'[\s\S]*tool, category/),
    ])
  })

  test('a team is asked alone', async () => {
    const { node_id } = await b.status()
    await a.json(['peers', 'trust', node_id, '--team', 'eng'])
    const result = await ask('tools', '--team', 'eng')
    expect(usesOf(result)).toEqual(fed[0].uses)
    expect(result.coverage).toMatchObject({ known: 1, answered: 1, complete: true })
    const wrong = await a.karo(['query', 'tools', '--team', 'ops'])
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/known here are: eng/)])
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

  test('one that is silent is shown from its last summary, counted apart', async () => {
    // A change of consent is published at once, and with it what was typed since.
    await c.json(['share', 'allow', 'b'])
    const result = await until(
      async () => {
        c.process.kill('SIGSTOP')
        try {
          const given = await ask('tools', '--timeout', '500ms', '--per-node')
          // The summary that it holds from before may be older than what was typed.
          const isNewest = isDeepStrictEqual(usesOf(given), sumOf(fed).uses)
          return given.coverage.from_summary === 1 && given.coverage.answered === 1 && isNewest && given
        } finally {
          c.process.kill('SIGCONT')
        }
      },
      { what: "a holds c's summaries of these hours", pollMs: 500 },
    )
    expect(usesOf(result)).toEqual(sumOf(fed).uses)
    expect(result.coverage).toMatchObject({ known: 2, answered: 1, unreachable: 0, complete: false })
    expect(result.nodes?.map(({ name, source }) => [name, source])).toEqual([
      ['b', 'live'],
      ['c', 'summary'],
    ])
    expect(result.notes.join()).toMatch(/shown from its last summary/)
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

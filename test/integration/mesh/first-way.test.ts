// The way through the whole system: commands typed in real shells, counted by a signed question from another machine, which asks again and again, takes it back, and is refused.
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { AuditEntryShape, PeerShape, QueryResult } from '../../../src/api/contract/shapes.ts'
import { type Fed, feed, hoursOfFeed, sumOf } from '../../support/data/feed.ts'
import { startMesh, type TestMesh, trustAll } from '../../support/node/mesh.ts'
import { cleanEnv, type TestNode } from '../../support/node/node.ts'
import { ended, track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'
import { type Bash, openBash } from '../../support/shell/pty.ts'

const KARO = join(import.meta.dirname, '../../../dist/karo.js')
const SEED = 41
/** Long before what is typed here. */
const range = hoursOfFeed(Date.now() - 6 * 3_600_000)
const BETWEEN = ['--from', new Date(range.start).toISOString(), '--to', new Date(range.end).toISOString()]

/** What is typed on three of the four machines, and the tool each line counts as. */
const TYPED: Readonly<Record<'a' | 'b' | 'c', readonly (readonly [line: string, tool: string])[]>> = {
  a: [
    ['git --version', 'git'],
    ['git --version', 'git'],
    ['ls /', 'ls'],
    ['ls /does-not-exist', 'ls'],
    ['sed --version | head -1', 'sed'],
  ],
  b: [
    ['git status --short', 'git'],
    ['grep --version', 'grep'],
    ['for i in 1 2 3; do echo $i; done', 'echo'],
  ],
  c: [
    ['ls', 'ls'],
    ['/bin/ls /tmp', 'ls'],
    ['env LC_ALL=C grep -c root /etc/passwd', 'grep'],
  ],
}

let mesh: TestMesh
let a: TestNode, b: TestNode, c: TestNode, d: TestNode

async function type(node: TestNode, netns: string | undefined, lines: readonly string[]): Promise<void> {
  const rc = join(node.home, 'bashrc')
  const hook = await node.karo(['shell', 'init', 'bash'])
  writeFileSync(rc, hook.stdout)
  const bash: Bash = await openBash({ rc, netns, env: { KARO_HOME: node.home } })
  for (const line of lines) await bash.run(line)
  await bash.close()
  await until(async () => (await node.json<{ total: number }>(['history'])).total === lines.length, {
    what: `${node.name} has all of its ${lines.length} commands`,
    pollMs: 100,
  })
}

const ask = (node: TestNode, ...more: string[]): Promise<QueryResult> =>
  node.json<QueryResult>(['query', 'tools', '--last', '2h', ...more])

/** Uses by tool, as a question's answer has them. */
const usesOf = (result: QueryResult): Record<string, number> =>
  'tools' in result.data ? Object.fromEntries(result.data.tools.map(({ tool, uses }) => [tool, uses])) : {}

function typedBy(...names: (keyof typeof TYPED)[]): Record<string, number> {
  const uses: Record<string, number> = {}
  for (const name of names) for (const [, tool] of TYPED[name]) uses[tool] = (uses[tool] ?? 0) + 1
  return uses
}

/** Those who cannot be reached may be shown from what they published before. */
const GONE = ['unreachable', 'from_summary']
const gone = ({ coverage }: QueryResult): number => coverage.unreachable + coverage.from_summary

/** Uses by tool of those who answered. */
function usesLive(result: QueryResult): Record<string, number> {
  const uses: Record<string, number> = {}
  for (const { source, tools = [] } of result.nodes ?? []) {
    if (source === 'live') for (const row of tools) uses[row.tool] = (uses[row.tool] ?? 0) + row.uses
  }
  return uses
}

const outcomeOf = (result: QueryResult, node: TestNode): string | undefined =>
  result.coverage.nodes.find(({ name }) => name === node.name)?.outcome

const idOf = async (node: TestNode): Promise<string> => (await node.status()).node_id

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
  mesh = await startMesh(['a', 'b', 'c', 'd'], { tap: true })
  ;[a, b, c, d] = mesh.nodes as [TestNode, TestNode, TestNode, TestNode]
  await trustAll(mesh.nodes)
})

/** In order: each step finds the mesh as the one before left it. */
describe('four machines of one LAN', () => {
  /** What is fed to b and c; `a` has nothing of that time. */
  let fed: readonly [Fed, Fed]

  test('without consent, every owner refuses, and says so', async () => {
    const asked = await d.karo(['query', 'tools', '--json'])
    const result = JSON.parse(asked.stdout) as QueryResult
    expect(asked.code).toBe(4)
    expect(result.status).toBe('access_denied')
    expect(result.coverage).toMatchObject({ known: 3, denied: 3, answered: 0, complete: false })
    expect(result.ended_by).toBe('all_done')
  })

  test('a question has exactly the counts that were typed on the others', async () => {
    for (const node of [a, b, c]) await node.json(['share', 'allow', 'd'])
    await Promise.all(
      ([a, b, c] as const).map((node, i) =>
        type(
          node,
          mesh.members?.[i]?.netns,
          TYPED[node.name as 'a' | 'b' | 'c'].map(([line]) => line),
        ),
      ),
    )
    const result = await ask(d)
    expect(usesOf(result)).toEqual(typedBy('a', 'b', 'c'))
    expect(result.coverage).toMatchObject({ known: 3, answered: 3, complete: true })
    expect(result.ended_by).toBe('all_done')
    expect(result.status).toBe('success')
    // git by two, ls by two, grep by two, sed and echo by one.
    const rows = 'tools' in result.data ? result.data.tools : []
    expect(Object.fromEntries(rows.map(({ tool, nodes }) => [tool, nodes]))).toEqual({
      git: 2,
      ls: 2,
      grep: 2,
      sed: 1,
      echo: 1,
    })
    expect(rows.find(({ tool }) => tool === 'ls')?.failure_rate).toBeCloseTo(1 / 4)
  })

  test('the person who was observed can see who asked, and what was decided', async () => {
    const { entries } = await a.json<{ entries: AuditEntryShape[] }>(['audit', 'log', '--peer', 'd'])
    const of = (type: string) => entries.filter((entry) => entry.type === type)
    // Newest first: the answer after consent, the refusal.
    expect(of('query_responded').map(({ details }) => details.rule)).toEqual([
      'consent.allow',
      'consent.none',
    ])
    expect(of('query_received')).toHaveLength(2)
  })

  test('watching gives one result per line until Ctrl-C, which is a good end', async () => {
    fed = [feed(join(b.home, 'spool'), 1, SEED, range), feed(join(c.home, 'spool'), 2, SEED, range)]
    for (const [i, node] of ([b, c] as const).entries()) {
      const total = fed[i]!.commands + TYPED[node.name as 'b' | 'c'].length
      await until(async () => (await node.json<{ total: number }>(['history'])).total === total, {
        what: `${node.name} has its commands`,
        pollMs: 100,
      })
    }
    const watch = watching(d, 'tools', ...BETWEEN, '--every', '1s')
    await until(() => watch.lines().length >= 2, { what: 'two results' })
    expect(await watch.interrupt()).toEqual({ code: 0, signal: null })
    for (const result of watch.lines()) {
      expect(usesOf(result)).toEqual(sumOf(fed).uses)
      expect(result.coverage.complete).toBe(true)
    }
  })

  test('nothing that was typed left a machine', () => {
    for (const node of [a, b, c]) {
      const said = readFileSync(join(node.home, 'said'))
      expect(said.length).toBeGreaterThan(0)
      for (const text of [
        'git status',
        'git log --oneline',
        'own-script',
        'rm -rf',
        'docker ps',
        'make test',
        '/does-not-exist',
        'LC_ALL=C',
      ]) {
        expect([text, said.includes(text)]).toEqual([text, false])
      }
    }
  })

  test('one who withdraws consent is denied from the next question on', async () => {
    await a.json(['share', 'stop', 'd'])
    const result = await ask(d)
    expect(outcomeOf(result, a)).toBe('denied')
    expect(result.coverage).toMatchObject({ known: 3, answered: 2, denied: 1, complete: false })
    expect(usesOf(result)).toEqual(typedBy('b', 'c'))
    expect(result.ended_by).toBe('all_done')
  })

  test('one who denies the asker gives it nothing, and is there for everybody else', async () => {
    await b.json(['peers', 'deny', await idOf(d)])
    await until(async () => (await d.status()).mesh.peers_trusted === 2, { what: 'd has lost b' })
    const result = await ask(d, '--per-node')
    // While its link still ends, it says no itself.
    expect([...GONE, 'denied']).toContain(outcomeOf(result, b))
    expect(result.coverage).toMatchObject({ known: 3, answered: 1 })
    expect(gone(result) + result.coverage.denied).toBe(2)
    expect(usesLive(result)).toEqual(typedBy('c'))
    expect(result.ended_by).toBe('all_done')
    expect((await a.json<QueryResult>(['query', 'health'])).coverage.answered).toBe(3)
  })

  test('one that is killed is gone at once', async () => {
    await c.kill9()
    const asked = await d.karo(['query', 'tools', '--last', '2h', '--per-node', '--json'])
    const result = JSON.parse(asked.stdout) as QueryResult
    expect(GONE).toContain(outcomeOf(result, c))
    expect(outcomeOf(result, a)).toBe('denied')
    // Until everybody has noticed that one is gone, a question looks for it everywhere, and finds who denies the asker.
    expect([...GONE, 'denied']).toContain(outcomeOf(result, b))
    expect(result.coverage).toMatchObject({ known: 3, answered: 0 })
    expect(usesLive(result)).toEqual({})
    expect(result.ended_by).toBe('all_done')
    const required = await d.karo(['query', 'tools', '--require-complete', '--json'])
    expect(required.code).toBe(5)
  })

  test('every ledger is whole', async () => {
    for (const node of [a, b, d]) expect(await node.json(['audit', 'verify'])).toMatchObject({ ok: true })
    const { peers } = await d.json<{ peers: PeerShape[] }>(['peers'])
    expect(peers.map(({ name, state }) => [name, state]).sort()).toEqual([
      ['a', 'connected'],
      ['b', 'known'],
      ['c', 'known'],
    ])
  })
})

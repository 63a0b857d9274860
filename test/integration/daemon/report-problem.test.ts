// `karo report-problem` on a real machine: what a daemon went through gets into the file, and nobody's words do.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { ProblemReport } from '../../../src/cli/problem-report.ts'
import { append, liveName, records } from '../../support/data/spool.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'

const DIST = join(import.meta.dirname, '../../../dist')
/** In the name of the node, its file, its environment, what is typed, and whom it looks for. */
const PLANTED = ['zqnode', 'zqhost', 'zqcommand', 'zqvariable', 'zqdirectory']

let node: TestNode
let taken: number
beforeAll(async () => {
  // Somebody else has its port: a warning with an address in it.
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  taken = (other.address() as { port: number }).port
  other.unref()
  node = await startNode({
    name: 'zqnode',
    config: '[discovery]\npeers = ["zqhost.invalid:4242"]\n',
    env: { KARO_HTTP_PORT: String(taken), KARO_MESH_ZQVARIABLE: '1' },
    ready: false,
  })
  await until(async () => (await node.status()).health.checks.some(({ ok }) => !ok), {
    what: 'it runs, not ready',
  })
  append(join(node.home, 'spool'), liveName(), records(['zqcommand --zqoption'], 1, { cwd: '/zqdirectory' }))
  await until(async () => (await node.json<{ total: number }>(['history'])).total === 1, {
    what: 'it is recorded',
  })
})

test('the file says what is wrong and where in the program, and nothing that was planted', async () => {
  const file = join(temporaryHome(), 'report.json')
  const ran = await node.karo(['report-problem', '--output', file])
  expect([ran.code, ran.stderr]).toEqual([0, ''])
  const text = readFileSync(file, 'utf8')
  const { node_id, fingerprint } = await node.status()
  for (const word of [
    ...PLANTED,
    node_id,
    node_id.slice(13, 30),
    fingerprint,
    node.home,
    '127.0.0.1',
    String(taken),
  ]) {
    expect(text.toLowerCase().includes(word.toLowerCase()), word).toBe(false)
    // What is shown names the file, which is where the person wanted it.
    expect(ran.stdout.replaceAll(file, '').toLowerCase().includes(word.toLowerCase()), word).toBe(false)
  }
  const report = JSON.parse(text) as ProblemReport
  expect(report.config.changed).toEqual(expect.arrayContaining(['node.name', 'discovery.peers', 'mesh.port']))
  const daemon = report.daemon as Extract<ProblemReport['daemon'], { counts: unknown }>
  expect(daemon).toMatchObject({ ready: false, counts: { 'store.events': 1 } })
  expect(daemon.checks).toContainEqual({ name: 'http.listening', ok: false })
  expect(daemon.checks).toContainEqual({ name: 'store.open', ok: true })
  const problems = daemon.problems as Exclude<typeof daemon.problems, { error: string }>
  expect(problems.map(({ level }) => level)).toEqual(expect.arrayContaining(['warn', 'error']))
  const chunks = readdirSync(join(DIST, 'chunks'))
  for (const { at } of problems) {
    expect(
      chunks.some((chunk) => at?.startsWith(`chunks/${chunk}:`)),
      String(at),
    ).toBe(true)
  }
})

test('without a daemon it says so, and what can be known nevertheless', async () => {
  await node.stop()
  const directory = temporaryHome()
  const file = join(directory, 'report.json')
  const ran = await node.karo(['report-problem', '--json', '--output', file])
  expect(ran.code).toBe(0)
  const { report } = JSON.parse(ran.stdout) as { report: ProblemReport }
  expect(report).toEqual(JSON.parse(readFileSync(file, 'utf8')))
  expect(report.daemon).toEqual({ error: 'not_running' })
  expect(report.home).toMatchObject({ database: { bytes: expect.any(Number) }, key: true, config_file: true })
  expect(existsSync(file)).toBe(true)
  for (const word of PLANTED) expect(JSON.stringify(report).includes(word), word).toBe(false)
})

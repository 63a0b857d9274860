// Level 0 stays home: canary words typed on one node are looked for in everything it says and everywhere else.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeFrame, FrameError } from '../../../protocols/frame.ts'
import { MESSAGES } from '../../../protocols/registry.ts'
import { decodeSummary } from '../../../protocols/summary.ts'
import type { QueryResult, SharePreviewShape } from '../../../src/api/contract/shapes.ts'
import { CATEGORIES, TOOL_NAMES } from '../../../src/base/words/dictionary.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { recordsOf } from '../../support/node/collector.ts'
import { startMesh, trustAll } from '../../support/node/mesh.ts'
import { startNode, type TestNode } from '../../support/node/node.ts'
import { until } from '../../support/run/until.ts'
import { openBash } from '../../support/shell/pty.ts'

/** One for every place a raw value can stand in; no word of any tool, dictionary or protocol. */
const CANARIES = {
  command: 'zqcanarycommand',
  argument: 'zqcanaryargument',
  path: 'zqcanarypath',
  directory: 'zqcanarydirectory',
  environment: 'zqcanaryenvironment',
  heredoc: 'zqcanaryheredoc',
  repeated: 'zqcanaryrepeated',
} as const
const WORDS = Object.values(CANARIES)

const TYPED = (directory: string): readonly string[] => [
  `${CANARIES.command} --help`,
  `git log --author=${CANARIES.argument}`,
  `cat /tmp/${CANARIES.path}`,
  `cd ${directory}`,
  `${CANARIES.environment.toUpperCase()}=${CANARIES.environment} ls`,
  `rm -rf /tmp/${CANARIES.path}/x`,
  `./${CANARIES.command}.sh`,
  `echo ${CANARIES.repeated}`,
  `echo ${CANARIES.repeated}`,
]

let typist: TestNode
let others: readonly TestNode[]
const tapOf = (node: TestNode): string => join(node.home, 'said')

beforeAll(async () => {
  const mesh = await startMesh(['typist', 'reader', 'relay'], {
    tap: true,
    env: { KARO_LOG_LEVEL: 'debug' },
  })
  ;[typist, ...others] = mesh.nodes as [TestNode, TestNode, TestNode]
  await trustAll(mesh.nodes)
  for (const who of ['reader', 'relay']) await typist.json(['share', 'allow', who])

  const rc = join(typist.home, 'bashrc')
  writeFileSync(rc, (await typist.karo(['shell', 'init', 'bash'])).stdout)
  const bash = await openBash({
    rc,
    netns: mesh.members?.[0]?.netns,
    env: { KARO_HOME: typist.home, ZQ: CANARIES.environment },
  })
  const directory = join(typist.home, CANARIES.directory)
  await bash.run(`command mkdir ${directory}`)
  for (const line of TYPED(directory)) await bash.run(line)
  bash.write(`cat <<END\r${CANARIES.heredoc}\rEND\r`)
  await bash.prompts(1)
  await bash.close()
  await until(async () => (await typist.json<{ total: number }>(['history'])).total === 11, {
    what: 'all that was typed is stored',
    pollMs: 100,
  })
})

describe('level 0', () => {
  test('what was asked and answered, told and logged has no canary in it', async () => {
    const said: string[] = []
    for (const node of others) {
      for (const query of ['tools', 'health']) {
        const result = await node.json<QueryResult>(['query', query, '--per-node'])
        expect(result.status).toBe('success')
        expect(result.coverage).toMatchObject({ known: 2, failed: 0, unreachable: 0 })
        said.push(JSON.stringify(result))
      }
      for (const view of [
        ['peers'],
        ['status'],
        ['audit', 'log'],
        ['history'],
        ['stats', 'year'],
        ['share', 'show'],
        ['share', 'preview'],
      ])
        said.push(JSON.stringify(await node.json(view)))
    }
    await typist.json(['query', 'health'])
    // A node's own ledger and log may leave the machine in a report: nothing raw there either.
    const preview = await typist.json<SharePreviewShape>(['share', 'preview'])
    expect(preview.summaries.length).toBeGreaterThanOrEqual(3)
    said.push(JSON.stringify(preview), (await typist.karo(['share', 'preview'])).stdout)
    said.push(JSON.stringify(await typist.json(['audit', 'log'])), typist.log())
    said.push(...others.map((node) => node.log()))
    // What operators read: metrics, the last lines of the log, a problem report.
    for (const node of [typist, ...others]) {
      said.push((await node.karo(['logs', 'tail', '-n', '1000', '--json'])).stdout, await metricsOf(node))
      said.push((await node.karo(['report-problem', '--json', '--output', join(node.home, 'report')])).stdout)
    }
    expect(canariesIn(Buffer.from(said.join('\n')))).toEqual([])
    // The answers were about those commands.
    expect(said[0]).toContain('"tool":"git"')
  })

  test('no summary carries one: what was sealed is about those commands, in words of the dictionary', async () => {
    // Consent that changes is acted on at once; what was typed since the last look is then in the summaries.
    await typist.json(['share', 'stop', 'relay'])
    const summaries = await until(
      () => {
        const found = readTap(tapOf(typist)).flatMap(({ name, bytes }) => (name === 'summary' ? [bytes] : []))
        return found.some((bytes) => JSON.stringify(decodeSummary(bytes)).includes('"tool":"git"')) && found
      },
      { what: 'a summary of what was typed is sealed', pollMs: 100 },
    )
    for (const bytes of summaries) {
      expect(canariesIn(bytes)).toEqual([])
      const { tool_usage, command_patterns } = decodeSummary(bytes)
      for (const { tool } of tool_usage?.tools ?? []) expect(TOOL_NAMES).toContain(tool)
      for (const { category } of command_patterns ?? []) expect(CATEGORIES).toContain(category)
    }
  })

  test('no frame, and no plaintext of a sealed answer or summary, carries one', () => {
    for (const node of [typist, ...others]) {
      const said = readTap(tapOf(node))
      expect(said.flatMap(({ bytes }) => canariesIn(bytes))).toEqual([])
      const names = new Set(said.map(({ name }) => name))
      // The tap hears the whole conversation, plaintext of answers included.
      expect([...names]).toEqual(
        expect.arrayContaining(['Hello', 'HelloAck', 'QueryHop', 'DirectAnswer', 'plaintext']),
      )
    }
  })

  test('no other store holds one, and the owner’s holds them all', async () => {
    for (const node of [typist, ...others]) await node.stop()
    for (const node of others) expect(await storedCanaries(node)).toEqual([])
    expect(await storedCanaries(typist)).toEqual([...WORDS].sort())
    for (const node of others) {
      for (const name of readdirSync(node.home, { recursive: true, withFileTypes: true })) {
        if (name.isFile()) expect(canariesIn(readFileSync(join(name.parentPath, name.name)))).toEqual([])
      }
    }
  })
})

test('no record that is sent to a collector carries one', async () => {
  const file = join(typist.home, 'records')
  writeFileSync(join(typist.home, 'config.toml'), `\n[forward]\nto = ["ecs+file:${file}"]\n`, { flag: 'a' })
  const again = await startNode({ home: typist.home })
  // The whole ledger is sent, from its first entry on.
  const newest = ({ type }: { type: string }): boolean => type === 'node_started'
  const { entries } = await again.json<{ entries: { seq: number; type: string }[] }>(['audit', 'log'])
  const last = entries.find(newest)!.seq
  await until(() => recordsOf(readFileSync(file, 'utf8')).some(({ event }) => event.sequence >= last), {
    what: 'the ledger is in the file',
  })
  await again.stop()
  expect(recordsOf(readFileSync(file, 'utf8')).map(({ event }) => event.action)).toContain('query_responded')
  expect(canariesIn(readFileSync(file))).toEqual([])
})

/** As a scraper reads them; with a metric of the node, or else nothing would be looked through. */
async function metricsOf(node: TestNode): Promise<string> {
  const text = await new Promise<string>((resolve, reject) => {
    const asked = request({ socketPath: join(node.home, 'karo.sock'), path: '/metrics' }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (part: string) => (body += part))
      answer.on('end', () => resolve(body))
    })
    asked.on('error', reject).end()
  })
  expect(text).toContain('karo_ready 1')
  return text
}

function canariesIn(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('latin1').toLowerCase()
  return WORDS.filter((word) => text.includes(word)).sort()
}

/** `length u32 ‖ bytes`, each a frame or the plaintext of an answer or a summary. */
function readTap(path: string): { name: string; bytes: Uint8Array }[] {
  const tap = readFileSync(path)
  const said: { name: string; bytes: Uint8Array }[] = []
  for (let at = 0; at < tap.length; ) {
    const end = at + 4 + tap.readUInt32BE(at)
    const bytes = tap.subarray(at + 4, end)
    said.push({ name: nameOf(bytes), bytes })
    at = end
  }
  return said
}

function nameOf(bytes: Uint8Array): string {
  try {
    return decodeFrame(bytes, { messages: MESSAGES, verify: () => true }).message.name
  } catch (error) {
    if (!(error instanceof FrameError) || error.code !== 'bad_magic') throw error
  }
  try {
    decodeSummary(bytes)
    return 'summary'
  } catch (error) {
    if (error instanceof FrameError) return 'plaintext'
    throw error
  }
}

/** Level compresses its files, so the values are read as the program reads them. */
async function storedCanaries(node: TestNode): Promise<string[]> {
  const database = newDatabase(join(node.home, 'db'))
  await database.open()
  const found = new Set<string>()
  for await (const [key, value] of database.iterator()) {
    for (const word of [...canariesIn(key), ...canariesIn(value)]) found.add(word)
  }
  await database.close()
  return [...found].sort()
}

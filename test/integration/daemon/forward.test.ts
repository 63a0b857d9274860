// The ledger where security has its logs: compared with what a real rsyslog wrote, after kills at any moment.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type EcsRecord,
  freePort,
  haveRsyslog,
  recordsOf,
  startRsyslog,
} from '../../support/node/collector.ts'
import { startNode, type TestNode, temporaryHome } from '../../support/node/node.ts'
import { times } from '../../support/run/thorough.ts'
import { until } from '../../support/run/until.ts'

const KILLS = times(2, 8)

interface Entry {
  readonly seq: number
  readonly type: string
  readonly hash: string
}

/** A home that lives several lives. */
function homeWith(config: string): string {
  const home = temporaryHome()
  writeFileSync(join(home, 'config.toml'), `[node]\nname = "eng-042"\n\n${config}`, { mode: 0o600 })
  return home
}

async function ledgerOf(node: TestNode): Promise<readonly Entry[]> {
  const { stdout } = await node.karo(['audit', 'export'])
  return stdout
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Entry]))
    .filter(({ hash }) => hash !== undefined)
}

/** What a reader keeps who drops a record whose id came before. */
function once(records: readonly EcsRecord[]): readonly EcsRecord[] {
  const seen = new Set<string>()
  return records.filter(({ event: { id } }) => !seen.has(id) && seen.add(id))
}

const pairs = (records: readonly EcsRecord[]) => records.map(({ event }) => [event.sequence, event.id])

/** Waits until everything that is in the ledger now has arrived, and compares. */
async function expectWhole(node: TestNode, text: () => string): Promise<readonly EcsRecord[]> {
  const ledger = await ledgerOf(node)
  expect(ledger.length).toBeGreaterThan(0)
  const last = ledger.at(-1)!
  await until(() => recordsOf(text()).some(({ event }) => event.id === last.hash), {
    what: 'the newest entry arrived',
  })
  const records = recordsOf(text())
  const upTo = once(records).filter(({ event }) => event.sequence <= last.seq)
  expect(pairs(upTo)).toEqual(ledger.map(({ seq, hash }) => [seq, hash]))
  // A record that comes a second time says so itself.
  const unmarked = records.filter(({ tags }) => tags === undefined)
  expect(once(unmarked)).toHaveLength(unmarked.length)
  return records
}

async function livesAndKills(home: string): Promise<TestNode> {
  for (let life = 0; life < KILLS; life++) {
    const node = await startNode({ home })
    // Killed while entries are written and sent: in each life at another moment of that.
    const busy = Array.from({ length: 12 }, async (_, i) =>
      node.karo(['share', i % 2 === 0 ? 'allow' : 'stop', 'team:eng']),
    )
    await Promise.all(busy.slice(0, life + 1))
    await node.kill9()
    await Promise.all(busy)
  }
  const node = await startNode({ home })
  await node.json(['share', 'allow', 'team:eng'])
  return node
}

test.skipIf(!haveRsyslog)(
  'rsyslog and a file have every entry of a node that is killed again and again, none twice unmarked, also after a torn line and a moved file',
  async () => {
    const directory = temporaryHome()
    const rsyslog = await startRsyslog(directory, await freePort())
    const file = join(directory, 'ecs.ndjson')
    const home = homeWith(`[forward]\nto = ["syslog+tcp://127.0.0.1:${rsyslog.port}", "ecs+file:${file}"]\n`)
    const inFile = () => readFileSync(file, 'utf8')
    const node = await livesAndKills(home)
    const records = await expectWhole(node, rsyslog.text)
    expect(records.filter(({ event }) => event.action === 'node_started').length).toBeGreaterThanOrEqual(
      KILLS,
    )
    // The head of each message is what RFC 5424 has it read as.
    expect(rsyslog.heads()[0]).toMatch(
      /^audit info \d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d) eng-042 karo node_started$/,
    )
    expect((await expectWhole(node, inFile)).filter(({ tags }) => tags !== undefined)).toEqual([])
    await node.kill9()
    await rsyslog.stop()
    // A crash in the middle of a line.
    writeFileSync(file, '{"@timestamp":"2026', { flag: 'a' })
    const next = await startNode({ home })
    await expectWhole(next, inFile)
    // What logrotate does.
    execFileSync('mv', [file, `${file}.1`])
    // While nobody listens, entries wait in the ledger; nothing is missing afterwards.
    await next.json(['share', 'stop', 'team:eng'])
    await until(() => inFile() !== '', { what: 'a new file is begun' })
    await expectWhole(next, () => readFileSync(`${file}.1`, 'utf8') + inFile())
    const doctor = await until(
      async () => {
        const { stdout } = await next.karo(['doctor', '--json'])
        return stdout.includes('private address') && stdout
      },
      { what: 'doctor says that a target does not get the ledger' },
    )
    expect(doctor).toContain(`syslog+tcp://127.0.0.1:${rsyslog.port}`)
    const again = await startRsyslog(directory, rsyslog.port)
    await expectWhole(next, again.text)
    await next.stop()
  },
)

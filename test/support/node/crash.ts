// Rounds of typing in real shells while the daemon is killed again and again; at the end nothing may be lost or twice.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type {
  AuditVerdict,
  EventShape,
  StatisticsShape,
  StatusShape,
} from '../../../src/api/contract/shapes.ts'
import { FAULT_POINTS, type FaultPoint } from '../../../src/base/run/faults.ts'
import { deadName, record, T0 } from '../data/spool.ts'
import { ended, stateOf } from '../run/processes.ts'
import { pick, randomOf } from '../run/random.ts'
import { until } from '../run/until.ts'
import { type Ending, openTypist, type Typed, type Typist } from '../shell/typist.ts'
import { startNode, type TestNode, temporaryHome } from './node.ts'

export interface CrashOptions {
  readonly rounds: number
  /** Round i is the only round of a run with seed + i: timing apart, a seed is a round. */
  readonly seed: number
}

export interface CrashReport {
  rounds: number
  /** Commands that history had to have, and had, once each. */
  commands: number
  /** Times the daemon was killed: by itself at a fault point, and by us at any moment. */
  readonly killed: Record<FaultPoint | 'any-moment', number>
  readonly shellsEnded: Record<Ending, number>
  /** Lines whose prompt came back while there was no daemon, and while it was stopped. */
  answeredWhileDown: number
  answeredWhileStopped: number
}

/** Rounds at the same time: most of a round is waiting. */
const LANES = 4
const MOST_SHELLS = 3
/** More than one look at a spool file takes in. */
const BACKLOG = 3_000
/** Times a point is passed before it ends the daemon. */
const MOST_PASSES: Readonly<Record<FaultPoint, number>> = {
  // A start writes some four times.
  'after-write': 16,
  'after-read': 4,
  'before-batch': 4,
  'after-batch': 4,
  // Each is another shell that ends.
  'before-unlink': 2,
  'after-unlink': 2,
}
const UNLINKING: readonly FaultPoint[] = ['before-unlink', 'after-unlink']
const HISTORY_LIMIT = 10_000
/** Asking is work for both sides, and four rounds share the machine. */
const STATUS_POLL_MS = 50

/** Runs the rounds; throws with the seed of the first that fails, and what was done in it. */
export async function crashRounds({ rounds, seed }: CrashOptions): Promise<CrashReport> {
  const report: CrashReport = {
    rounds: 0,
    commands: 0,
    answeredWhileDown: 0,
    answeredWhileStopped: 0,
    killed: {
      'after-write': 0,
      'after-read': 0,
      'before-batch': 0,
      'after-batch': 0,
      'before-unlink': 0,
      'after-unlink': 0,
      'any-moment': 0,
    },
    shellsEnded: { exit: 0, 'at-prompt': 0, 'in-command': 0, 'in-burst': 0 },
  }
  let next = 0
  let failed = false
  async function lane(): Promise<void> {
    while (next < rounds && !failed) {
      const own = seed + next++
      const steps: string[] = []
      try {
        await crashRound(own, report, (step) => steps.push(step))
      } catch (error) {
        failed = true
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`crash round with seed ${own}: ${reason}\nafter: ${steps.join('; ')}`, {
          cause: error,
        })
      }
      report.rounds++
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: LANES }, lane))
  for (const result of lanes) if (result.status === 'rejected') throw result.reason
  return report
}

async function crashRound(seed: number, report: CrashReport, step: (text: string) => void): Promise<void> {
  const random = randomOf(seed)
  const home = temporaryHome()
  const spool = join(home, 'spool')
  const config = `# Written by a person.\n[node]\nname = "${basename(home)}"\n`
  writeFileSync(join(home, 'config.toml'), config, { mode: 0o600 })
  const rc = join(home, 'bashrc')
  const shells: Typist[] = []
  const former: Typist[] = []
  const backlog: Typed[] = []
  /** Records that a shell may have been killed in the middle of. */
  let torn = 0
  let key: string | undefined

  const up = (env: Record<string, string> = {}): Promise<TestNode> => startNode({ home, env, ready: false })
  const isOver = ({ process }: TestNode): boolean => process.signalCode !== null || process.exitCode !== null

  /** As soon as there is a place to write to. */
  async function openShells(node: TestNode, most: number): Promise<void> {
    await until(() => existsSync(spool) || isOver(node), { what: 'a spool directory' })
    if (!existsSync(spool)) return
    if (!existsSync(rc)) writeFileSync(rc, (await node.karo(['shell', 'init', 'bash', '--no-guard'])).stdout)
    while (shells.length < most) {
      const mark = `s${shells.length + former.length}x`
      shells.push(await openTypist({ rc, mark, seed: random.below(2 ** 31) }))
    }
  }

  async function endShell(): Promise<void> {
    const shell = shells.splice(random.below(shells.length), 1)[0]
    if (shell === undefined) return
    former.push(shell)
    // A shell has a spool file from its first command on.
    do await shell.type(1 + random.below(3))
    while (shell.expected().all.length === 0)
    const ending = await shell.end()
    report.shellsEnded[ending]++
    if (ending === 'in-burst') torn++
    step(`${shell.mark} ended: ${ending}`)
  }

  const answered = (): number => [...shells, ...former].reduce((sum, shell) => sum + shell.answered(), 0)
  const typeAll = async (lines: number): Promise<number> => {
    const before = answered()
    await Promise.all(shells.map((shell) => shell.type(1 + random.below(lines))))
    return answered() - before
  }

  /** After every end of the daemon: what is not its own is as it was. */
  function checkFiles(): void {
    assert.equal(readFileSync(join(home, 'config.toml'), 'utf8'), config, 'the configuration was changed')
    const path = join(home, 'identity.key')
    const now = existsSync(path) ? readFileSync(path, 'utf8') : undefined
    if (key !== undefined) assert.equal(now, key, 'the identity was changed')
    key = now
  }

  /** It dies by itself at the point; nobody sends it a signal. */
  async function dieAt(point: FaultPoint): Promise<void> {
    const unlinking = UNLINKING.includes(point)
    const count = 1 + random.below(MOST_PASSES[point])
    // A shell that ends while nobody follows, or before the eyes of the daemon.
    const early = unlinking && shells.length >= count && random.below(3) > 0
    if (early) for (let i = 0; i < count; i++) await endShell()
    step(`${point}:${count}`)
    const node = await up({ KARO_FAULT: `${point}:${count}` })
    await openShells(node, Math.max(1 + random.below(MOST_SHELLS), unlinking && !early ? count : 1))
    if (unlinking && !early) for (let i = 0; i < count; i++) await endShell()
    await typeAll(8)
    if (!unlinking) {
      await until(async () => isOver(node) || (await node.status()), {
        what: 'the daemon answers',
        pollMs: STATUS_POLL_MS,
      })
      await Promise.all(shells.map((shell) => shell.typeUntil(() => isOver(node))))
    }
    await until(() => isOver(node), { what: `the daemon passes ${point} for the ${count}. time` })
    assert.equal(node.process.signalCode, 'SIGKILL', `it ended otherwise than at ${point}:\n${node.log()}`)
    report.killed[point]++
  }

  /** We kill it: while it starts, while it works, or while it stands still. */
  async function dieAnyMoment(): Promise<void> {
    const node = await up()
    const moment = pick(random, ['starting', 'working', 'stopped'] as const)
    if (moment !== 'starting') {
      await openShells(node, 1 + random.below(MOST_SHELLS))
      await until(() => node.status(), { what: 'the daemon answers', pollMs: STATUS_POLL_MS })
    }
    if (moment === 'stopped') await typeBeforeStopped(node)
    // The length of time is the random moment itself; nothing is waited for with it.
    const killed = new Promise((resolve) => setTimeout(resolve, random.below(300))).then(() => node.kill9())
    await Promise.all([killed, ...shells.map((shell) => shell.typeUntil(() => isOver(node)))])
    assert.equal(node.process.signalCode, 'SIGKILL', `it ended before it was killed:\n${node.log()}`)
    report.killed['any-moment']++
    step(`killed while ${moment}`)
  }

  /** A shell that asked the daemon anything would not get its prompt back. */
  async function typeBeforeStopped(node: TestNode): Promise<void> {
    await typeAll(4)
    node.process.kill('SIGSTOP')
    await until(() => stateOf(node.pid) === 'T', { what: 'the daemon stands still' })
    report.answeredWhileStopped += await typeAll(6)
    assert.equal(stateOf(node.pid), 'T')
    if (random.below(2) === 0) node.process.kill('SIGCONT')
  }

  /** Nobody is there: shells go on, some end, one that is long gone has left a lot. */
  async function beDown(): Promise<void> {
    if (random.below(2) === 0) {
      const lines = await typeAll(6)
      report.answeredWhileDown += lines
      step(`${lines} lines while it was down`)
    }
    if (random.below(3) === 0) await endShell()
    if (existsSync(spool) && backlog.length === 0 && random.below(6) === 0) leaveBacklog()
  }

  function leaveBacklog(): void {
    const start = Date.now() * 1000 - BACKLOG * 1000
    const records: Buffer[] = []
    for (let i = 0; i < BACKLOG; i++) {
      const command = `echo backlog${i}${' and more'.repeat(i % 10)}`
      backlog.push({ command, exit: i % 3, tool: 'echo' })
      records.push(record({ command, sequence: i + 1, start: start + i * 1000, exit: i % 3 }))
    }
    writeFileSync(join(spool, deadName(start - T0)), Buffer.concat(records))
    step('a backlog')
  }

  /** The last life: all is consumed, also what is typed now, and what the dead have left is gone. */
  async function liveOn(): Promise<void> {
    if (random.below(2) === 0) while (shells.length > 0) await endShell()
    const node = await up()
    await node.ready()
    const consumed = (): Promise<unknown> =>
      until(async () => (await node.status()).spool.pending_bytes === 0, {
        what: 'all is consumed',
        pollMs: STATUS_POLL_MS,
      })
    await consumed()
    await openShells(node, 1)
    await typeAll(3)
    await consumed()
    while (shells.length > 0) await endShell()
    await until(() => readdirSync(spool).length === 0, { what: `an empty spool, not ${readdirSync(spool)}` })
    await consumed()
    await checkStored(node)
    node.process.kill('SIGTERM')
    assert.deepEqual(await ended(node.process), { code: 0, signal: null })
  }

  async function checkStored(node: TestNode): Promise<void> {
    const { events, total } = await node.json<{ events: EventShape[]; total: number }>([
      ...['history', '--limit', String(HISTORY_LIMIT)],
    ])
    const stored = events.toReversed()
    const expected: Typed[] = [...backlog]
    const of = (mark: string) => stored.filter(({ command }) => command.includes(mark))
    const asTyped = ({ command, exit_code }: EventShape) => ({ command, exit: exit_code })
    const plain = ({ command, exit }: Typed) => ({ command, exit })
    for (const { mark, expected: typed } of former) {
      const { least, all } = typed()
      const got = of(mark)
      assert.ok(got.length >= least, `${mark} has ${got.length} of at least ${least} commands`)
      assert.deepEqual(got.map(asTyped), all.slice(0, Math.max(got.length, least)).map(plain))
      expected.push(...all.slice(0, got.length))
    }
    assert.deepEqual(of('backlog').map(asTyped), backlog.map(plain))
    assert.equal(events.length, expected.length, 'there are events that nobody typed')
    assert.equal(total, expected.length, 'the rollups count other than what is stored')
    assert.equal(new Set(events.map(({ id }) => id)).size, total)
    report.commands += total

    const stats = await node.json<StatisticsShape>(['stats', 'year'])
    const failures = (typed: readonly Typed[]): number => typed.filter(({ exit }) => exit !== 0).length
    const byTool = Map.groupBy(expected, ({ tool }) => tool)
    assert.deepEqual(
      Object.fromEntries(stats.tools.map(({ tool, count, failures }) => [tool, [count, failures]])),
      Object.fromEntries([...byTool].map(([tool, typed]) => [tool, [typed.length, failures(typed)]])),
    )
    assert.equal(stats.total_commands, total)
    assert.equal(stats.failures, failures(expected))
    assert.equal(stats.unique_commands, new Set(expected.map(({ command }) => command)).size)

    const status = await node.json<StatusShape>(['status'])
    assert.equal(status.store.events, total)
    assert.equal(status.spool.pending_bytes, 0)
    assert.ok(status.spool.dropped <= torn, `${status.spool.dropped} dropped, at most ${torn} torn`)
    assert.deepEqual((await node.json<AuditVerdict>(['audit', 'verify'])).ok, true)
  }

  const lives = pick(random, [1, 1, 2, 3])
  const own = random.below(lives)
  for (let life = 0; life < lives; life++) {
    // Whatever else happens, the points take turns.
    if (life === own) await dieAt(FAULT_POINTS[seed % FAULT_POINTS.length]!)
    else if (random.below(2) === 0) await dieAnyMoment()
    else await dieAt(pick(random, FAULT_POINTS))
    checkFiles()
    await beDown()
  }
  await liveOn()
  checkFiles()
  rmSync(home, { recursive: true })
}

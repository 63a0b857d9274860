// karo doctor: shows what is wrong here, why it matters, and the command that fixes it, with and without a daemon.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { getDoctor, leaveFindings } from '../../../api/contract/operations/doctor.ts'
import { systemClock } from '../../../base/clock.ts'
import { closest } from '../../../base/suggest.ts'
import { CHECK_GROUPS, CHECK_IDS, type CheckId } from '../../doctor/catalogue.ts'
import type { Outcome } from '../../doctor/check.ts'
import { commandRunner } from '../../doctor/command.ts'
import { type CheckResult, type Deed, examine, mend } from '../../doctor/doctor.ts'
import { type Explained, lookAtEgress } from '../../doctor/egress.ts'
import { createWorld, type World } from '../../doctor/world.ts'
import { toolHookLooks } from '../../hooks/looks.ts'
import {
  atHome,
  type CommandInput,
  type CommandIo,
  clauses,
  defineCommand,
  EXIT,
  type ExitCode,
  paint,
  printable,
  type Screen,
  type Style,
  shellWord,
  show,
  table,
  textWidth,
  usage,
  wrap,
} from '../../kit.ts'
import { nodeOf } from '../../node-of.ts'
import { startFileLooks } from '../../shells/start-file-looks.ts'

/** Ends with a newline. */
function egressView(sockets: readonly Explained[], screen: Screen): string {
  const foreign = sockets.filter(({ why }) => why === null)
  const rows = table(screen, [...foreign, ...sockets.filter(({ why }) => why !== null)], {
    fd: 'fd',
    kind: 'kind',
    local: { value: ({ local }) => local || '–', shrink: true, keep: 'end' },
    remote: { value: ({ remote }) => remote || '–', shrink: true, keep: 'end' },
    why: {
      value: ({ why }) => why ?? 'no known reason',
      style: ({ why }) => (why === null ? 'red' : undefined),
      wrap: true,
    },
  })
  const count = sockets.length
  const all = `${count} ${count === 1 ? 'socket is' : 'sockets are'} open`
  return `${rows}\n${all}${foreign.length === 0 ? ', each with a known reason.' : `; ${foreign.length} of them without a known reason.`}\n`
}

/** Milliseconds for all attempts: they take a second or two. */
const SANDBOX_MS = { auto: 60_000, bwrap: 60_000, landlock: 60_000, vm: 600_000 }
/** Milliseconds that a daemon may take to keep the findings. */
const LEAVE_MS = 2_000

const command = defineCommand('doctor', {
  summary:
    'show what is wrong here, why it matters, and the command that fixes it; exits with 1 if a check fails',
  options: {
    only: {
      value: 'check',
      description: 'run only this check, by its name; several with commas, or by giving it several times',
      completes: CHECK_IDS,
      repeat: true,
    },
    fix: 'fix what is safe to fix, show each step, then check again',
    egress:
      'instead, show every open socket of the daemon and why it may have it; exits with 1 if one has no reason',
    sandbox:
      'instead, try to get out of each kind of jail that can be built here; exits with 1 if an attempt succeeds',
    repair:
      'instead, while no daemon runs: save the readable part of a damaged database, and keep a copy of the rest',
    'dry-run': 'with --fix or --repair: show what would be done, and do nothing',
  },
  examples: {
    'karo doctor --fix': 'fixes modes, missing directories, leftovers and stale hooks',
    'karo doctor --only mesh.multicast --json': 'one check, for a script',
    'sudo karo doctor': "checks the machine's service, also what only root may see",
  },
  async run(io, input) {
    const { options } = input
    const dry = options['dry-run'] === true
    checkOptions(input)
    if (options.egress) return egress(io)
    if (options.sandbox) return sandbox(io)
    if (options.repair) return repair(io, dry)
    const ids = selected(options.only)
    let world = worldOf(io, ids)
    let examined = await examine(world, ids)
    let deeds: readonly Deed[] = []
    if (options.fix) {
      deeds = mend(examined, dry)
      if (deeds.length > 0 && !dry) {
        world = worldOf(io, ids)
        examined = await examine(world, ids)
      }
    }
    const results = examined.map(({ result }) =>
      // The fix for one-sided trust is a command for the other machine, so it gets no home.
      result.fix === undefined || result.id === 'peers.trust'
        ? result
        : { ...result, fix: atHome(result.fix, io) },
    )
    // The page shows what was found; without a daemon there is no page, and the finding is shown here all the same.
    if (ids.length === CHECK_IDS.length)
      await io.call(leaveFindings, { body: { checks: results }, deadlineMs: LEAVE_MS }).catch(() => undefined)
    const failed = results.some(({ outcome }) => outcome === 'fail')
    const document = {
      ok: !failed,
      checks: results,
      ...(options.fix && { dry_run: dry, fixes: deeds }),
    }
    show(io, document, () => doctorView(results, deeds, dry, io))
    return (failed ? EXIT.failed : EXIT.done) satisfies ExitCode
  },
})

/** Refuses options that exclude each other, because one of them would be ignored silently. */
function checkOptions({ options }: CommandInput): void {
  const modes = ['fix', 'egress', 'sandbox', 'repair'].filter((name) => options[name] === true)
  const [first, second] = modes
  if (first !== undefined && second !== undefined)
    throw usage(`this cannot be given together with --${first}`, `--${second}`, 'Leave out one of the two.')
  if (options['dry-run'] && first !== 'fix' && first !== 'repair')
    throw usage('it needs --fix or --repair', '--dry-run')
  if ((options.only as readonly string[] | undefined)?.length && first !== undefined && first !== 'fix')
    throw usage('--only chooses checks, and this option runs none', `--${first}`, 'Leave out --only.')
}

async function egress(io: CommandIo): Promise<ExitCode> {
  const world = worldOf(io, [])
  const config = world.config()
  if ('error' in config) throw config.error
  const { socket } = world
  const daemon = daemonAt({ socket, trace: io.trace })
  const facts = () => daemon.call(getDoctor)
  const { pid } = await facts()
  const { mesh, discovery } = config.loaded.config
  const sockets = await lookAtEgress(pid, facts, { socket, mesh, discovery })
  const ok = sockets.every(({ why }) => why !== null)
  show(io, { ok, pid, sockets }, () => egressView(sockets, io))
  return ok ? EXIT.done : EXIT.failed
}

async function sandbox(io: CommandIo): Promise<ExitCode> {
  const { lookAtSandbox, isSafe } = await import('../../doctor/sandbox.ts')
  const { sandboxView } = await import('../../views/doctor.ts')
  const config = worldOf(io, []).config()
  if ('error' in config) throw config.error
  const chosen = config.loaded.config.agents.sandbox
  const rows = await lookAtSandbox(commandRunner(io.env, SANDBOX_MS[chosen]), chosen)
  const safe = isSafe(rows, chosen)
  const document = { ok: safe, sandbox: chosen, checks: rows }
  show(io, document, () => sandboxView(rows, { safe, chosen }, io))
  return safe ? EXIT.done : EXIT.failed
}

/** Exits with 1 if the database is still damaged (with --dry-run), or if rows were lost, so that scripts stop. */
async function repair(io: CommandIo, dry: boolean): Promise<ExitCode> {
  const { mendDatabase } = await import('../../doctor/repair.ts')
  const { actAsOwner } = await import('../../../ops/care/owner.ts')
  const { repairView } = await import('../../views/doctor.ts')
  const world = worldOf(io, [])
  actAsOwner(world.paths.home)
  const report = await mendDatabase(world, dry)
  show(io, { dry_run: dry, ...report }, () => repairView(report, { dry, service: world.service }, io))
  return report.ok || (report.copy !== undefined && report.loss === 'none') ? EXIT.done : EXIT.failed
}

function selected(given: readonly string[] = []): readonly CheckId[] {
  const only = given.flatMap((words) => words.split(','))
  if (only.length === 0) return CHECK_IDS
  const unknown = only.find((id) => !CHECK_IDS.some((known) => known === id))
  if (unknown !== undefined) {
    const near = CHECK_IDS.filter((id) => id.split('.').includes(unknown)).join(', ')
    const meant = near || closest(unknown, CHECK_IDS)
    throw usage(
      `'${unknown}' is no check`,
      '--only',
      meant ? `Did you mean ${meant}?` : 'karo doctor --json names them.',
    )
  }
  return CHECK_IDS.filter((id) => only.includes(id))
}

function worldOf(io: CommandIo, ids: readonly CheckId[]): World {
  const { paths, service } = nodeOf(io.env)
  return createWorld({
    paths,
    service,
    personHome: io.home,
    socket: paths.socket,
    homeFlag: io.env.KARO_HOME ? ` --home ${shellWord(io.home)}` : '',
    env: io.env,
    now: systemClock.now,
    multicast: ids.includes('mesh.multicast'),
    startFiles: () => startFileLooks(io),
    toolHooks: () => toolHookLooks(io),
  })
}

export const commands = [command]

const MARKS: Readonly<Record<Outcome, readonly [mark: string, colour: Style]>> = {
  fail: ['✗', 'red'],
  warn: ['!', 'yellow'],
  ok: ['✓', 'green'],
  skipped: ['–', 'dim'],
}
const INDENT = '    '

/** Ends with a newline. */
export function doctorView(
  results: readonly CheckResult[],
  deeds: readonly Deed[],
  dry: boolean,
  screen: Screen,
): string {
  const of = (outcome: Outcome): CheckResult[] => results.filter((one) => one.outcome === outcome)
  const bad = [...of('warn'), ...of('fail')]
  const parts = [
    ...deeds.map((deed) => deedLine(deed, dry, screen)),
    deeds.length > 0 ? '\n' : '',
    ...Object.values(CHECK_GROUPS).flatMap((group) =>
      of('ok')
        .filter(({ id }) => id in group)
        .map((one) => quietLine(one.outcome, `${one.title}: ${one.detail}`, screen)),
    ),
    ...skippedLines(of('skipped'), screen),
    bad.length < results.length ? '\n' : '',
    ...bad.map((one) => `${troubled(one, screen)}\n`),
    `${counted(of, screen)}\n`,
  ]
  return parts.join('')
}

function troubled({ id, outcome, title, detail, fix, why }: CheckResult, screen: Screen): string {
  const says = `${title}: ${detail}`
  const [first = '', ...rest] = lines(says, screen, 2)
  const [mark, colour] = MARKS[outcome]
  const name = paint('dim', id, screen)
  const fits = rest.length === 0 && textWidth(`  ${first}  ${id}`) <= screen.columns
  const head = `${paint(colour, mark, screen)} ${paint('bold', first, screen)}${fits ? `  ${name}` : ''}\n`
  const more = clauses(...rest, !fits && name).map((line) => `  ${line}\n`)
  const because = lines(why ?? '', screen, INDENT.length).map(
    (line) => `${INDENT}${paint('dim', line, screen)}\n`,
  )
  // A command is not wrapped, so that a person can copy it.
  const fixes = (fix ?? '')
    .split('\n')
    .map((line) => `${INDENT}${paint('yellow', '→', screen)} ${printable(line)}\n`)
  return [head, ...more, ...because, ...fixes].join('')
}

/** Skipped checks, grouped by their reason: without a daemon half of them have the same one. */
function skippedLines(skipped: readonly CheckResult[], screen: Screen): string[] {
  const reasons = Map.groupBy(skipped, ({ detail }) => detail)
  return [...reasons].map(([reason, of]) =>
    quietLine('skipped', `${of.map(({ title }) => title).join(', ')}: ${reason}`, screen),
  )
}

function quietLine(outcome: Outcome, says: string, screen: Screen): string {
  const [mark, colour] = MARKS[outcome]
  const style = outcome === 'skipped' ? 'dim' : undefined
  const [first = '', ...rest] = lines(says, screen, 2).map((line) => paint(style, line, screen))
  return `${paint(colour, mark, screen)} ${first}\n${rest.map((line) => `  ${line}\n`).join('')}`
}

function deedLine({ says, failed }: Deed, dry: boolean, screen: Screen): string {
  if (failed !== undefined)
    return `${paint('red', '✗', screen)} could not ${printable(says)}: ${printable(failed)}\n`
  return `${paint('green', '→', screen)} ${dry ? 'would' : 'did'}: ${printable(says)}\n`
}

function counted(of: (outcome: Outcome) => readonly CheckResult[], screen: Screen): string {
  const words: Readonly<Record<Outcome, string>> = {
    fail: 'failed',
    warn: 'to look at',
    ok: 'fine',
    skipped: 'skipped',
  }
  return (['fail', 'warn', 'ok', 'skipped'] as const)
    .filter((outcome) => of(outcome).length > 0)
    .map((outcome) => paint(MARKS[outcome][1], `${of(outcome).length} ${words[outcome]}`, screen))
    .join(', ')
}

const lines = (text: string, screen: Screen, indent: number): string[] =>
  wrap(printable(text), screen.columns - indent)

// `karo` alone: how it goes in about ten lines, and the three commands that are useful next.

import { existsSync } from 'node:fs'
import { STATUS_MS } from '../../api/contract/client/socket.ts'
import { getApprovals } from '../../api/contract/operations/agents/approvals.ts'
import { getStats } from '../../api/contract/operations/stats.ts'
import { getStatus } from '../../api/contract/operations/status.ts'
import type { StatisticsShape, StatusShape } from '../../api/contract/shapes.ts'
import { loadGuard } from '../../assist/guard/index.ts'
import { isThroughSudo } from '../../base/run/person-home.ts'
import { homePaths, recordingPaths } from '../../config/paths.ts'
import { thisShell } from '../doctor/this-shell.ts'
import { effectOf } from '../guard/status.ts'
import {
  atHome,
  besideEachOther,
  type CommandIo,
  duration,
  fitted,
  isMachines,
  KaroError,
  pairs,
  printable,
  printJson,
  startWords,
} from '../kit.ts'
import { CHECK, IMPORT, type Step } from '../shells/next-steps.ts'
import { hookedShells } from '../shells/start-file-looks.ts'
import { loginShell, START_FILES } from '../shells/start-files.ts'
import { brokenFile } from '../start/broken-file.ts'
import { staleWords } from '../start/stale.ts'
import { grouped } from '../views/lines.ts'

/** What is not there in time is left out: the page is a look and no report. */
const LOOK_MS = 1_000
const STEPS = 3

interface Known {
  readonly status: StatusShape
  readonly today: StatisticsShape | undefined
  /** Requests of agents and AI tools that wait for this person. */
  readonly waiting: number
}

/** Exits 0 also where no node runs, and says so; with `--json` it prints what `karo status --json` does, and fails as it does. */
export async function front(io: CommandIo): Promise<undefined> {
  if (io.json) return printJson(io, await io.call(getStatus, { deadlineMs: STATUS_MS }))
  const known = await look(io)
  const guard = loadGuard(io)
  const shells = hookedShells(io)
  const noGuard = shells.includes('sh')
  const isOld = thisShell(recordingPaths(io.env).spool)?.recorded === false
  const rows = pairs(
    io,
    {
      node: isNew(io)
        ? 'not set up here yet: nothing is recorded'
        : 'does not run; shells with the hook keep what you type until it does',
      ...(known && present(io, known)),
      config: await brokenFile(`${recordingPaths(io.env).configuration}/config.toml`),
      guard: [`${guard.profile}: ${effectOf(guard)}`, ...guard.warnings.map(printable)].join('; '),
      shells:
        shells.length > 0 &&
        `new ones are recorded${noGuard ? '' : ' and guarded'}: ${shells.join(', ')}${noGuard ? '; sh has no guard' : ''}${isOld ? '; this one is not recorded' : ''}`,
    },
    'bold',
  )
  const steps = nextOf(io, known).map(([run, does]) => [atHome(run, io), does] as const)
  io.out(
    `${atHome(rows, io)}\nNext:\n${besideEachOther(steps, io.columns)}\n\n${fitted('karo help  lists the commands of every day.', io)}\n`,
  )
}

/** Undefined where no daemon runs. Throws KaroError where one runs that does not answer. */
async function look(io: CommandIo): Promise<Known | undefined> {
  try {
    const status = await io.call(getStatus, { deadlineMs: STATUS_MS })
    const [today, waiting] = await Promise.all([
      io.call(getStats, { query: { period: 'today' }, deadlineMs: LOOK_MS }).catch(() => undefined),
      io.call(getApprovals, { deadlineMs: LOOK_MS }).then(
        ({ approvals }) => approvals.length,
        () => 0,
      ),
    ])
    return { status, today, waiting }
  } catch (error) {
    if (error instanceof KaroError && error.code === 'not_running') return undefined
    throw error
  }
}

const isNew = (io: CommandIo): boolean => !isMachines(io.env) && !existsSync(homePaths(io.env).key)

function present(io: CommandIo, { status, today, waiting }: Known) {
  const { mesh, health, store, agents, anomalies } = status
  const failing = health.checks.filter(({ ok }) => !ok)
  const state = health.ready ? 'ready' : `not ready (${failing.map(({ name }) => name).join(', ')})`
  const seen = today ? `, ${grouped(today.total_commands)} of them today` : ''
  return {
    node: `${status.name}, ${state}, up ${duration(status.uptime_seconds * 1000)}`,
    restart: staleWords(status)[0],
    commands: store.events === 0 ? 'none recorded yet' : `${grouped(store.events)} recorded${seen}`,
    mesh: meshOf(mesh),
    agents: agents.state !== 'off' && agents.detail,
    waiting: waiting > 0 && `${waiting} ${waiting === 1 ? 'request waits' : 'requests wait'} for your answer`,
    unusual: anomalies.unseen > 0 && `${anomalies.unseen} new in your numbers`,
    alarm: mesh.alarms.join('; '),
    paused: (io.env.KARO_PAUSE || '0') !== '0' && 'this shell is not recorded, because KARO_PAUSE is set',
  }
}

const NOBODY = 'no other machine is trusted yet'

function meshOf({ alone, members_known, peers_connected, peers_pending }: StatusShape['mesh']): string {
  if (alone) return 'none: this node is used alone'
  const waits =
    peers_pending === 0 ? '' : `; ${peers_pending} ${peers_pending === 1 ? 'waits' : 'wait'} to be trusted`
  if (members_known === 0) return NOBODY + waits
  const machines = members_known === 1 ? 'machine' : 'machines'
  return `${grouped(members_known)} other ${machines} known, ${grouped(peers_connected)} linked to this one${waits}`
}

/** The first three that apply: what is missing before what is waiting, and that before what is always useful. */
function nextOf(io: CommandIo, known: Known | undefined): readonly Step[] {
  const status = known?.status
  const steps: (readonly [applies: boolean | number | undefined, ...Step])[] = [
    [
      known === undefined && isNew(io),
      'karo init --solo',
      'makes a node that you use alone; karo init makes one that others can find',
    ],
    [known === undefined, startWords(io.env), 'starts the node'],
    [
      status?.service &&
        status.you.admin &&
        status.certified_as === null &&
        meshOf(status.mesh).startsWith(NOBODY),
      'karo join',
      'joins a mesh with an invite, which it asks for; karo ca init makes a new mesh',
    ],
    [
      loginShell(io) in START_FILES && hookedShells(io).length === 0 && !isThroughSudo(io.env),
      'karo shell install',
      'records and guards every new shell',
    ],
    [status?.health.ready === false, 'karo doctor', 'says what is wrong, and how to mend it'],
    [known?.waiting, 'karo approvals list', 'shows what agents and AI tools ask to do'],
    // Machines that wait are shown to administrators alone.
    [
      status?.you.admin && status.mesh.peers_pending,
      'karo peers pending',
      'shows machines that wait to be trusted',
    ],
    [status?.anomalies.unseen, 'karo anomalies', 'shows what is unusual in your numbers'],
    [status?.store.events === 0, ...IMPORT],
    [status?.store.events, 'karo stats week', 'shows your week in numbers'],
    [true, 'karo "files changed today"', 'finds a command for your words, and does not run it'],
    [known !== undefined, 'karo dashboard', 'opens the page of this node in your browser'],
    [true, ...CHECK],
  ]
  return steps
    .filter(([applies]) => applies)
    .map(([, run, does]) => [run, does] as const)
    .slice(0, STEPS)
}

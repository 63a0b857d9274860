// `npm run bench`: measures Karo beside what it is compared with, in one run on one machine, and prints the ratios.
import { freemem, loadavg } from 'node:os'
import { measureAgents } from '../test/bench/agents.ts'
import { measureMcp, measureToolHook } from '../test/bench/ai-tools.ts'
import { measureCheck } from '../test/bench/check.ts'
import { measureCopilot } from '../test/bench/copilot.ts'
import { measureFleet } from '../test/bench/fleet.ts'
import { measureGuard } from '../test/bench/guard.ts'
import { measureFinder, measureHistory } from '../test/bench/history.ts'
import { measureDashHook, measureHook, measureZshHook } from '../test/bench/hook.ts'
import { measureIdle } from '../test/bench/idle.ts'
import { measureImport } from '../test/bench/import.ts'
import { measureIngest } from '../test/bench/ingest.ts'
import { jailMissing, measureJail } from '../test/bench/jail.ts'
import { measureJoin } from '../test/bench/join.ts'
import { measureMemory } from '../test/bench/memory.ts'
import { type JoinCost, type MeshCosts, measureIdleFleets, measureMesh } from '../test/bench/mesh.ts'
import { measureNotices } from '../test/bench/notices.ts'
import { browserMissing, measurePaint } from '../test/bench/page.ts'
import { measurePolicy } from '../test/bench/policy.ts'
import { measureWatch } from '../test/bench/processes.ts'
import { measureQuery } from '../test/bench/query.ts'
import { measureReleased } from '../test/bench/released.ts'
import { hasSerf, type QueryCost } from '../test/bench/serf.ts'
import { measureShellStarts } from '../test/bench/shell-start.ts'
import { measureCommands, measureReady, type StartTime } from '../test/bench/start.ts'
import { measureStatistics } from '../test/bench/statistics.ts'
import { canNamespaces } from '../test/support/node/lan.ts'
import { endAll } from '../test/support/run/processes.ts'
import { argumentsOf } from './arguments.ts'
import { build } from './build.ts'
import { isFresh } from './fresh.ts'
import { FIRST_LOAD_BYTES_MAX, firstLoadBytes, windowFiles } from './window.ts'

interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** What it is compared with, in the same unit. */
  readonly beside?: { readonly what: string; readonly value: number }
  /** value / beside.value, or the other way round where that says it better; given where there is a `beside`. */
  readonly ratio?: number
  readonly aim?: Aim
}

interface Aim {
  readonly of: 'value' | 'ratio'
  readonly sign: '≤' | '≥'
  readonly bound: number
}

const most = (of: Aim['of'], bound: number): Aim => ({ of, sign: '≤', bound })
const least = (of: Aim['of'], bound: number): Aim => ({ of, sign: '≥', bound })

interface Options {
  /** A tenth of the events, a shorter watch. */
  readonly quick: boolean
}

interface Benchmark {
  readonly name: string
  readonly run: (options: Options) => Promise<readonly Figure[]>
  /** Why it cannot run here. */
  readonly missing?: () => string | undefined
  /** Needs so much of the machine that it runs only when it is asked for by its whole name. */
  readonly onRequest?: boolean
}

/** What must be free for each daemon of a large mesh: where memory ends, the kernel ends other people's processes too. */
const FREE_BYTES_A_DAEMON = 100 * 2 ** 20

const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'hook',
    async run() {
      const cost = measureHook()
      const figure = (name: string, value: number, forks = cost.two_forks_us): Figure => ({
        name,
        value,
        unit: 'µs',
        beside: { what: '/bin/true twice', value: forks },
        ratio: forks / value,
      })
      const others = { zsh: measureZshHook(), dash: measureDashHook() }
      return [
        { ...figure('bash hook, a command', cost.hook_us), aim: least('ratio', 50) },
        figure('bash hook, with the text read back', cost.hook_with_text_us),
        ...Object.entries(others).flatMap(([shell, other]) =>
          other ? [figure(`${shell} hook, a command`, other.hook_us, other.two_forks_us)] : [],
        ),
      ]
    },
  },
  {
    name: 'guard',
    async run({ quick }) {
      const starts = (await measureShellStarts(quick ? 5 : 20)).map(
        ({ shell, plain_ms, hooked_ms }): Figure => ({
          name: `${shell}, a new shell, above a plain one`,
          value: hooked_ms - plain_ms,
          unit: 'ms',
          beside: { what: 'a plain one', value: plain_ms },
          aim: most('value', 30),
        }),
      )
      const costs = await measureGuard(quick ? 10 : 40)
      const lines = costs.flatMap(({ shell, plain, checked }) => {
        const rows = [
          { kind: 'a plain line', ms: plain.guarded_ms, bare_ms: plain.bare_ms },
          { kind: 'a checked line', ms: checked.guarded_ms, bare_ms: checked.bare_ms },
          { kind: 'checked by the daemon', ms: checked.daemon_ms, bare_ms: checked.bare_ms },
        ]
        return rows.map(
          ({ kind, ms, bare_ms }): Figure => ({
            name: `${shell}, ${kind}, Enter to prompt`,
            value: ms,
            unit: 'ms',
            beside: { what: 'without the guard', value: bare_ms },
            ratio: ms / bare_ms,
          }),
        )
      })
      return [...starts, ...lines]
    },
  },
  {
    name: 'jail',
    missing: jailMissing,
    async run({ quick }) {
      const { jail_ms, landlock_ms, bare_ms, start_ms } = await measureJail(quick ? 20 : 100)
      return [
        {
          name: 'a jail, request to end',
          value: jail_ms,
          unit: 'ms',
          beside: { what: 'a bare bubblewrap', value: bare_ms },
          ratio: jail_ms / bare_ms,
        },
        {
          name: 'a jail, over a bare bubblewrap',
          value: jail_ms - bare_ms,
          unit: 'ms',
          aim: most('value', 10),
        },
        ...(landlock_ms === undefined
          ? []
          : [
              {
                name: 'a jail by Landlock, request to end',
                value: landlock_ms,
                unit: 'ms',
                beside: { what: 'a bare bubblewrap', value: bare_ms },
                ratio: landlock_ms / bare_ms,
              },
            ]),
        { name: 'karo-exec, start to greeting', value: start_ms, unit: 'ms' },
      ]
    },
  },
  {
    name: 'agents',
    missing: jailMissing,
    async run({ quick }) {
      const costs = await measureAgents(quick ? 20 : 100)
      const bareCall = { what: 'the server alone', value: costs.bare_ms }
      return [
        {
          name: 'a call that only reads',
          value: costs.call_ms,
          unit: 'ms',
          beside: bareCall,
          ratio: costs.call_ms / costs.bare_ms,
          aim: most('value', 50),
        },
        {
          name: 'the same from another machine',
          value: costs.remote_ms,
          unit: 'ms',
          beside: { what: 'here', value: costs.call_ms },
          ratio: costs.remote_ms / costs.call_ms,
        },
        {
          name: 'ten agents with their jails, PSS',
          value: costs.ten_mib,
          unit: 'MiB',
          beside: { what: 'ten times the server alone', value: 10 * costs.bare_mib },
          ratio: costs.ten_mib / (10 * costs.bare_mib),
        },
        { name: 'karo-exec with ten jails, PSS', value: costs.muscle_mib, unit: 'MiB' },
      ]
    },
  },
  {
    name: 'page',
    async run() {
      const { files } = await windowFiles('bench')
      const bytes = firstLoadBytes(files)
      return [
        {
          name: 'first load of the page',
          value: bytes / 1024,
          unit: 'KiB',
          aim: most('value', FIRST_LOAD_BYTES_MAX / 1024),
        },
      ]
    },
  },
  {
    name: 'paint',
    missing: browserMissing,
    async run({ quick }) {
      const { page_ms, static_ms } = await measurePaint(quick ? 5 : 20)
      return [
        {
          name: 'first paint of the page',
          value: page_ms,
          unit: 'ms',
          beside: { what: 'a bare static page', value: static_ms },
          ratio: page_ms / static_ms,
        },
      ]
    },
  },
  {
    name: 'risk',
    async run() {
      const cost = measureCheck()
      return [
        {
          name: 'risk check in process, median',
          value: cost.typical_us,
          unit: 'µs',
          beside: { what: 'the parse alone', value: cost.parse_us },
          ratio: cost.typical_us / cost.parse_us,
        },
        { name: 'risk check in process, 99 %', value: cost.p99_us, unit: 'µs' },
        { name: 'risk level of a line no rule knows', value: cost.plain_us, unit: 'µs' },
        { name: 'risk check of a dangerous line, with its safer form', value: cost.dangerous_us, unit: 'µs' },
      ]
    },
  },
  {
    name: 'policy',
    async run() {
      const { built_in_us, cedar_us, load_ms } = await measurePolicy()
      const beside = { what: 'the built-in role table', value: built_in_us }
      const name = 'one decision by the shipped Cedar file'
      return [
        {
          name,
          value: cedar_us,
          unit: 'µs',
          beside,
          ratio: cedar_us / built_in_us,
          aim: most('value', 1_000),
        },
        { name: 'reading the shipped Cedar file, with Cedar itself', value: load_ms, unit: 'ms' },
      ]
    },
  },
  {
    name: 'ingest',
    async run() {
      const { events_per_second, raw_puts_per_second, ratio } = await measureIngest()
      const beside = { what: 'batched Level puts', value: raw_puts_per_second }
      const name = 'spool to stored event'
      return [{ name, value: events_per_second, unit: '/s', beside, ratio, aim: least('ratio', 0.25) }]
    },
  },
  {
    name: 'import',
    async run({ quick }) {
      const rate = await measureImport(quick ? 10_000 : 100_000, quick ? 1 : 3)
      const beside = { what: '`wc -l` of the file', value: rate.wc_per_second }
      const figure = (name: string, value: number): Figure => ({
        name: `${name}, ${rate.commands.toLocaleString('en')} commands`,
        value,
        unit: '/s',
        beside,
        ratio: value / rate.wc_per_second,
      })
      return [
        { ...figure('karo import bash with its bar', rate.new_per_second), aim: least('value', 20_000) },
        figure('the same once more: all known', rate.known_per_second),
        {
          name: 'the same, processor time of the daemon',
          value: rate.known_cpu_ms,
          unit: 'ms',
          beside: { what: 'all new', value: rate.new_cpu_ms },
          ratio: rate.known_cpu_ms / rate.new_cpu_ms,
        },
        figure('karo import undo', rate.undo_per_second),
        figure('the reader alone, in process', rate.read_per_second),
      ]
    },
  },
  {
    name: 'statistics',
    async run({ quick }) {
      const cost = await measureStatistics(quick ? 100_000 : 1_000_000)
      const of = `${cost.events.toLocaleString('en')} events, ${cost.unique_commands.toLocaleString('en')} distinct`
      return [
        { name: `stats year of ${of}`, value: cost.statistics_ms, unit: 'ms', aim: most('value', 20) },
        { name: 'the same, processor time', value: cost.statistics_cpu_ms, unit: 'ms' },
        { name: 'the same, database just opened', value: cost.cold_ms, unit: 'ms' },
        { name: 'stats week of them', value: cost.week_ms, unit: 'ms' },
        { name: 'a look for anomalies', value: cost.look_ms, unit: 'ms', aim: most('value', 20) },
        { name: 'stats --commands of a year', value: cost.most_used_ms, unit: 'ms' },
        { name: 'the same, the first after the start', value: cost.most_used_first_ms, unit: 'ms' },
        { name: 'history search in them', value: cost.search_ms, unit: 'ms' },
        { name: 'the same, the first after the start', value: cost.search_first_ms, unit: 'ms' },
      ]
    },
  },
  {
    name: 'processes',
    async run({ quick }) {
      const cost = await measureWatch(quick ? 10 : 60)
      const figure = (name: string, on: number, off: number): Figure => ({
        name,
        value: on,
        unit: '% of a core',
        beside: { what: 'the watch off', value: off },
        ratio: on / off,
      })
      return [
        figure(`a daemon with ${cost.shells} shells that wait`, cost.idle_on, cost.idle_off),
        figure('and one that starts four processes a second', cost.busy_on, cost.busy_off),
      ]
    },
  },
  {
    name: 'memory',
    async run({ quick }) {
      const use = await measureMemory(quick ? 50_000 : 1_000_000)
      const of = `${use.events.toLocaleString('en')} events`
      const beside = { what: 'an empty daemon', value: use.empty_rest }
      const figure = (name: string, value: number, aim?: Aim): Figure => ({
        name,
        value,
        unit: 'MiB resident',
        beside,
        ratio: value / beside.value,
        ...(aim && { aim }),
      })
      return [
        figure(`at rest with ${of}, ready to be searched`, use.full_rest, most('ratio', 1.5)),
        figure('after the first search', use.after_search, most('value', 256)),
        figure('after statistics of a year', use.after_year),
        figure(`after ${use.searches} searches`, use.after_many),
        { name: 'heap that these left', value: use.growth, unit: 'MiB', aim: most('value', 5) },
      ]
    },
  },
  {
    name: 'history',
    async run({ quick }) {
      const cost = await measureHistory(quick ? 100_000 : 1_000_000)
      const of = `${cost.events.toLocaleString('en')} events, ${cost.distinct.toLocaleString('en')} distinct`
      const beside = { what: 'grep -ic over the texts', value: cost.grep_ms }
      const ms = (name: string, value: number, aim?: Aim): Figure => ({
        name,
        value,
        unit: 'ms',
        beside,
        ratio: value / beside.value,
        ...(aim && { aim }),
      })
      return [
        ...Object.entries(cost.search_ms).map(([what, value]) =>
          ms(`search in ${of}: ${what}`, value, most('value', 50)),
        ),
        ...Object.entries(cost.rank_ms).map(([what, value]) => ms(`finder's order of them: ${what}`, value)),
        ms('search, database just opened, nothing recalled', cost.cold_ms),
        ms("finder's first page, database just opened", cost.first_page_ms, most('value', 50)),
        ms('until all are recalled', cost.recalled_ms),
        { name: 'memory of what is recalled', value: cost.recalled_mib, unit: 'MiB' },
      ]
    },
  },
  {
    name: 'finder',
    async run({ quick }) {
      const { frame_ms, commands_ms, node_ms } = await measureFinder(quick ? 7 : 25)
      const figure = (name: string, value: number): Figure => ({
        name,
        value,
        unit: 'ms',
        beside: { what: 'node -e 0 in a terminal', value: node_ms },
        ratio: value / node_ms,
      })
      return [figure('Ctrl-R, first frame', frame_ms), figure('Ctrl-R, first commands', commands_ms)]
    },
  },
  {
    name: 'commands',
    async run({ quick }) {
      const { status, check } = await measureCommands(quick ? 15 : 40)
      return [
        ...pair('karo status', status.init, most('ratio', 1.5)),
        ...pair('karo status, no config.toml', status.bare, most('ratio', 1.5)),
        ...pair("karo check 'git status'", check.init, most('ratio', 2)),
        ...pair("karo check 'git status', no config.toml", check.bare, most('ratio', 2)),
      ]
    },
  },
  {
    name: 'ai-tools',
    async run({ quick }) {
      const hook = await measureToolHook(quick ? 10 : 30)
      const mcp = await measureMcp(quick ? 20 : 50)
      const beside = { what: 'node -e 0', value: hook.node_ms }
      const figure = (name: string, value: number): Figure => ({ name, value, unit: 'ms' })
      return [
        { ...figure("an AI tool's hook, before a command", hook.before_ms), beside, ratio: hook.ratio },
        figure("an AI tool's hook, after a command", hook.after_ms),
        figure('karo mcp, start to handshake', mcp.connect_ms),
        figure('karo mcp, one check', mcp.check_ms),
      ]
    },
  },
  {
    name: 'copilot',
    async run({ quick }) {
      const found = await measureCopilot(quick ? 8 : 20)
      const beside = { what: 'node -e 0', value: found.node_ms }
      const whole = (name: string, value: number): Figure => ({
        name,
        value,
        unit: 'ms',
        beside,
        ratio: value / found.node_ms,
      })
      const manual = { what: 'man', value: found.manual_ms ?? 0 }
      return [
        whole("karo explain 'git push --force …'", found.explain_ms),
        {
          name: 'karo explain, above node -e 0',
          value: found.explain_more_ms,
          unit: 'ms',
          aim: most('value', 60),
        },
        whole("karo ask 'files larger than …'", found.ask_ms),
        ...(found.explain_manual_ms === null
          ? []
          : [
              {
                name: 'karo explain, with a manual page',
                value: found.explain_manual_ms,
                unit: 'ms',
                beside: manual,
                ratio: found.explain_manual_ms / manual.value,
              },
            ]),
      ]
    },
  },
  {
    name: 'ready',
    run: async () => pair('karo up, until ready', await measureReady()),
  },
  {
    name: 'join',
    missing: noNamespaces,
    async run({ quick }) {
      const times = await measureJoin(quick ? 3 : 7)
      const ms = (name: string, value: number): Figure => ({ name, value, unit: 'ms' })
      return [
        { ...ms('mDNS join, ready to linked', times.linked_after_ready_ms), aim: most('value', 1_000) },
        ms('mDNS join, process start to linked', times.linked_after_start_ms),
        ms('strangers, ready to pending on both sides', times.pending_after_ready_ms),
        ms('second `peers trust` to linked', times.trusted_ms),
      ]
    },
  },
  {
    name: 'fleet',
    missing: noNamespaces,
    async run({ quick }) {
      const costs = await measureFleet(12, quick ? 30 : 120)
      return [
        {
          name: 'invite to admitted by all, 12 machines',
          value: costs.admitted_ms,
          unit: 'ms',
          aim: most('value', 2_000),
        },
        { name: 'packets a machine sends at rest, of 12', value: costs.packets_a_minute, unit: '/min' },
        { name: 'bytes a machine sends at rest, of 12', value: costs.bytes_a_minute, unit: '/min' },
      ]
    },
  },
  {
    name: 'query',
    async run() {
      const { nodes, elapsed_ms, local_ms } = await measureQuery()
      const beside = { what: 'local API call', value: local_ms }
      const name = `query tools, ${nodes} daemons on loopback`
      return [{ name, value: elapsed_ms, unit: 'ms', beside, ratio: elapsed_ms / local_ms }]
    },
  },
  {
    name: 'released',
    async run({ quick }) {
      const cost = await measureReleased([100, 1_000], quick ? 10 : 40)
      const ms = (name: string, value: number): Figure => ({ name, value, unit: 'ms' })
      return [
        { ...ms('totals: one machine gives its share, CPU', cost.share_ms), aim: most('value', 50) },
        ms('totals: a node checks one share on arrival, CPU', cost.check_ms),
        ms('totals: an aggregator opens one share, CPU', cost.open_ms),
        ms('totals: an aggregator looks at the proof of one share, CPU', cost.proof_ms),
        ...[...cost.pair_ms].map(([machines, settled]) => ({
          ...ms(`totals: both aggregators settle ${machines} shares, CPU`, settled),
          beside: { what: 'to expand and add them', value: cost.least_ms.get(machines)! },
          ratio: settled / cost.least_ms.get(machines)!,
          aim: most('value', 50),
        })),
        ms('totals: a reader opens one release on arrival, CPU', cost.ahead_ms),
        {
          ...ms(`totals: a question about ${cost.days} days, the first`, cost.first_ms),
          aim: most('value', 50),
        },
        {
          ...ms(`totals: a question about ${cost.days} days, again`, cost.again_ms),
          aim: most('value', 50),
        },
      ]
    },
  },
  {
    name: 'notices',
    async run({ quick }) {
      const { nodes, cpu_us, reached_all_ms } = await measureNotices(12, quick ? 50 : 300)
      return [
        { name: `notices, CPU of all ${nodes} nodes a delivery`, value: cpu_us, unit: 'µs' },
        { name: `notices, until all ${nodes} nodes have it`, value: reached_all_ms, unit: 'ms' },
      ]
    },
  },
  ...[25, 50, 100, 200].map(
    (nodes): Benchmark => ({
      name: `mesh${nodes}`,
      missing: () => noSerf() ?? (nodes > 50 ? (noNamespaces() ?? noRoom(nodes)) : undefined),
      onRequest: nodes > 50,
      run: async ({ quick }) => besideSerf(nodes, await measureMesh(nodes, quick ? 5 : 15)),
    }),
  ),
  {
    name: 'idle20',
    missing: noSerf,
    async run({ quick }) {
      const { karo_cpu_percent, serf_cpu_percent } = await measureIdleFleets(20, quick ? 20 : 60)
      const beside = { what: 'serf agent, lan', value: serf_cpu_percent }
      const figure = { name: 'idle CPU, one of 20', value: karo_cpu_percent, unit: '% of a core', beside }
      return [{ ...figure, ratio: karo_cpu_percent / serf_cpu_percent, aim: most('ratio', 1) }]
    },
  },
  {
    name: 'idle',
    async run({ quick }) {
      const { linked, alone, solo, bare } = await measureIdle(quick ? 20 : 60)
      const figure = (
        ...[name, unit, value, what, other, aim]: [string, string, number, string, number, Aim?]
      ): Figure => ({
        name,
        value,
        unit,
        beside: { what, value: other },
        ratio: value / other,
        ...(aim && { aim }),
      })
      const [host, self] = ['bare libp2p host, 4 linked', 'daemon alone']
      return [
        figure('idle CPU, 4 linked', '% of a core', linked.cpu_percent, host, bare.cpu_percent),
        figure('idle CPU, 4 linked', '% of a core', linked.cpu_percent, self, alone.cpu_percent),
        figure('RSS, 4 linked', 'MiB', linked.rss_mib, host, bare.rss_mib, most('ratio', 1.3)),
        figure('RSS, 4 linked', 'MiB', linked.rss_mib, self, alone.rss_mib),
        figure('PSS, 4 linked', 'MiB', linked.pss_mib, host, bare.pss_mib),
        figure('PSS, 4 linked', 'MiB', linked.pss_mib, self, alone.pss_mib),
        {
          name: 'RSS, for one person alone',
          unit: 'MiB',
          value: solo.rss_mib,
          aim: most('value', 110 / 1.048576),
        },
        { name: 'PSS, for one person alone', unit: 'MiB', value: solo.pss_mib },
      ]
    },
  },
]

/** Medians, and beside them what the undisturbed runs say. */
function pair(name: string, time: StartTime, aim?: Aim): Figure[] {
  const beside = { what: 'node -e 0', value: time.node_ms }
  return [
    { name, value: time.ms, unit: 'ms', beside, ratio: time.ratio, ...(aim && { aim }) },
    {
      name: '  shortest of its runs',
      value: time.least_ms,
      unit: 'ms',
      beside: { what: 'shortest node -e 0', value: time.least_node_ms },
      ratio: time.least_ms / time.least_node_ms,
    },
  ]
}

function besideSerf(nodes: number, { join, karo, often, serf }: MeshCosts): Figure[] {
  const figures =
    often === undefined
      ? costsBesideSerf(nodes, `${nodes} nodes`, karo, serf)
      : [
          ...costsBesideSerf(nodes, `${nodes} nodes, each asks once`, karo, serf),
          ...costsBesideSerf(nodes, `${nodes} nodes, one asks often`, often, serf),
          { name: `${nodes} nodes, one asks often: its links`, value: often.links, unit: '' },
        ]
  const lost = {
    name: `${nodes} nodes: answers lost`,
    unit: '',
    value: karo.lost + (often?.lost ?? 0),
  }
  return [
    ...joined(nodes, join),
    ...figures,
    {
      ...lost,
      beside: { what: 'serf query, lan + local', value: serf.lan.lost + serf.local.lost },
      aim: most('value', 0),
    },
  ]
}

function joined(nodes: number, { together_ms, reached_ms, linked_ms, cpu_ms }: JoinCost): Figure[] {
  const ms = (figure: string, value: number, aim?: Aim): Figure => ({
    name: `${nodes} nodes: ${figure}`,
    value,
    unit: 'ms',
    ...(aim && { aim }),
  })
  const aim = nodes === 50 ? most('value', 60_000) : undefined
  return [
    ms('from the first start until one reaches all', together_ms),
    ms('from all ready until one reaches all', reached_ms),
    ...(linked_ms === undefined ? [] : [ms('from the first start to links of all with all', linked_ms, aim)]),
    ms('CPU a node from its start until then', cpu_ms),
  ]
}

/** The costs of questions beside serf's in both of its profiles. `name`: of the mesh, and of who asks. */
function costsBesideSerf(nodes: number, name: string, karo: QueryCost, serf: MeshCosts['serf']): Figure[] {
  return (['lan', 'local'] as const).flatMap((profile): Figure[] => {
    const what = `serf query, ${profile}`
    const other = serf[profile]
    const ms = (figure: string, key: 'first_ms' | 'last_ms' | 'done_ms' | 'cpu_ms', aim?: Aim): Figure => ({
      name: `${name}: ${figure}`,
      value: karo[key],
      unit: 'ms',
      ratio: karo[key] / other[key],
      beside: { what, value: other[key] },
      ...(aim && { aim }),
    })
    // How much sooner a question is over is the point at fifty, beside the profile that people run.
    const isPoint = nodes === 50 && profile === 'lan'
    return [
      ms('first answer', 'first_ms'),
      ms('last answer', 'last_ms', most('ratio', nodes > 50 ? 1 : 0.5)),
      ms('command done', 'done_ms', isPoint ? most('ratio', 1 / 40) : undefined),
      ms('CPU a query and node', 'cpu_ms'),
    ]
  })
}

function noSerf(): string | undefined {
  return hasSerf() ? undefined : 'there is no `serf` here (Debian package serf)'
}

function noRoom(daemons: number): string | undefined {
  const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`
  const needed = daemons * FREE_BYTES_A_DAEMON
  return freemem() >= needed
    ? undefined
    : `${daemons} daemons need ${gib(needed)} of free memory, and there are ${gib(freemem())}`
}

function noNamespaces(): string | undefined {
  const { ok, reason } = canNamespaces()
  return ok ? undefined : reason
}

const digits = (value: number): string =>
  value.toLocaleString(
    'en',
    value >= 1 ? { maximumFractionDigits: value >= 100 ? 0 : 1 } : { maximumSignificantDigits: 2 },
  )

function met(figure: Figure): boolean | undefined {
  const { aim } = figure
  if (aim === undefined) return undefined
  const value = figure[aim.of] ?? Number.NaN
  return aim.sign === '≤' ? value <= aim.bound : value >= aim.bound
}

function row(figure: Figure): readonly string[] {
  const { name, value, unit, beside, ratio, aim } = figure
  const bound = aim && `${aim.sign} ${digits(aim.bound)}${aim.of === 'ratio' ? ' ×' : ` ${unit}`}`
  return [
    name,
    `${digits(value)} ${unit}`,
    beside === undefined ? '' : `${beside.what}: ${digits(beside.value)} ${unit}`,
    ratio === undefined ? '' : `${ratio.toLocaleString('en', { maximumSignificantDigits: 3 })} ×`,
    bound === undefined ? '' : `${bound} ${met(figure) ? 'met' : 'MISSED'}`,
  ]
}

const WIDTHS = [52, 18, 44, 9, 0]
const line = (cells: readonly string[]): string =>
  `${cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0))
    .join(' ')
    .trimEnd()}\n`

const { values, positionals } = argumentsOf('bench -- [--json] [--quick] [part of a name…]', {
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
})
const say = (text: string): void => void (values.json ? process.stderr : process.stdout).write(text)

if (!isFresh()) await build()
const chosen = BENCHMARKS.filter(({ name, onRequest }) =>
  onRequest
    ? positionals.includes(name)
    : positionals.length === 0 || positionals.some((part) => name.includes(part)),
)
if (chosen.length === 0) {
  process.stderr.write(`no such benchmark; there are: ${BENCHMARKS.map(({ name }) => name).join(', ')}\n`)
  process.exit(2)
}
// A signal alone would leave daemons, their homes and their network namespaces behind.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    // The benchmark under way fails when its daemons end; that is no error to report.
    process.on('uncaughtException', () => {})
    void endAll(false).finally(() => process.exit(1))
  })
const figures: (Figure & { readonly benchmark: string; readonly met?: boolean })[] = []
say(
  `Node ${process.version}, load average ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}\n\n`,
)
if (!values.json) say(line(['figure', 'value', 'beside', 'ratio', 'aim']))
for (const { name, run, missing } of chosen) {
  const reason = missing?.()
  if (reason !== undefined) {
    say(`${name}: not measured, ${reason}\n`)
    continue
  }
  for (const figure of await run({ quick: values.quick })) {
    const isMet = met(figure)
    figures.push({ benchmark: name, ...figure, ...(isMet !== undefined && { met: isMet }) })
    if (!values.json) say(line(row(figure)))
  }
}
if (values.json)
  process.stdout.write(`${JSON.stringify({ node: process.version, load: loadavg(), figures }, null, 2)}\n`)

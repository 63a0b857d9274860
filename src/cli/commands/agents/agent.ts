// karo agent: programs that act in jails: adds them, lists them, starts and stops them, and shows what they say.
import {
  addAgent,
  describeAgent,
  getAgentLogs,
  getAgents,
  removeAgent,
  startAgent,
  stopAgent,
} from '../../../api/contract/operations/agents/agents.ts'
import { grantCapability } from '../../../api/contract/operations/agents/approvals.ts'
import {
  AGENT_CLASSES,
  type AgentListShape,
  type AgentLogsShape,
  type AgentShape,
  SECRET_NAME,
} from '../../../api/contract/shapes.ts'
import { isAddress } from '../../../base/words/loopback-endpoint.ts'
import { commandOf, realPlace } from '../../input/agent-command.ts'
import { textFrom } from '../../input/text-from.ts'
import {
  AGENT,
  AT,
  bytes,
  defineCommand,
  defined,
  duration,
  facts,
  fitted,
  KaroError,
  lasting,
  localTime,
  prefixed,
  printable,
  type Screen,
  shellWord,
  show,
  table,
  usage,
  WHY,
  whole,
} from '../../kit.ts'
import { confirm } from '../../terminal/confirm.ts'

/** Longer than an emulated guest takes to boot on a slow machine, and the agent in it to greet. */
const START_DEADLINE_MS = 420_000
const MEBIBYTE = 2 ** 20
/** Characters; a token has 60. */
const MOST_TOKEN = 256

const add = defineCommand('agent add', {
  summary:
    'add an MCP server as an agent: it runs in a jail, and gets what you name here until you take it back',
  shows: addAgent,
  args: {
    name: 'a name for it, of small letters, digits, . _ -',
    command: {
      variadic: true,
      description:
        'after --: a program and its arguments (no shell interprets them), or the HTTP address of a server on this machine',
    },
  },
  options: {
    read: {
      value: 'path',
      repeat: true,
      reads: realPlace,
      completes: 'directory',
      description: 'a directory or file that it may read; can be repeated',
    },
    write: {
      value: 'path',
      repeat: true,
      reads: realPlace,
      completes: 'directory',
      description: 'a directory or file that it may read and change',
    },
    yes: 'do not ask: let it read its own program; in a script, with --token-file',
    'token-file': {
      value: 'file',
      needs: 'yes',
      reads: async (file: string) => (await textFrom(file, MOST_TOKEN)).trim(),
      description: 'a token of the scope approve, which stands for a person at a terminal',
    },
    tool: { value: 'name', repeat: true, description: 'only this tool may be called; default: all' },
    secret: {
      value: 'variable=name',
      repeat: true,
      reads: secretOf,
      description:
        'give it a secret of yours, in a file whose path is in KARO_SECRET_<variable> (over HTTP: BEARER=name)',
    },
    connect: {
      value: 'host:port',
      repeat: true,
      description:
        'a place of the private network that it may connect to through the proxy in HTTPS_PROXY; agents.connect has to list it',
    },
    class: {
      value: 'class',
      choices: AGENT_CLASSES,
      default: 'kExecutor',
      description: 'what it is for',
    },
    memory: {
      value: 'mebibytes',
      reads: (text: string, where: string) => whole(16, 2 ** 20)(text, where) * MEBIBYTE,
      description: 'memory of each process, 16 to 1048576 (default: 2048; Node.js needs 1024)',
    },
    processes: {
      value: 'number',
      reads: whole(1, 256),
      description: 'processes and threads, 1 to 256 (default: 64)',
    },
    'call-time': {
      value: 'duration',
      reads: lasting('1s', '1h'),
      description: 'how long a call may take, 1s to 1h (default: 1m)',
    },
    why: WHY,
  },
  examples: {
    'karo agent add files --read . -- node server.js .':
      'it starts in this directory, and can read it, until you remove it',
    'karo agent add clock -- /usr/bin/clock-server': 'a program of the system, without any places',
    'karo agent add tools -- http://127.0.0.1:3001/mcp':
      'a server that is running, outside of any jail: agents.endpoints has to list it',
  },
  async run(io, { args, options }) {
    const places = [
      ...(options.read ?? []).map((path) => ({ path, write: false })),
      ...(options.write ?? []).map((path) => ({ path, write: true })),
    ]
    const { argv, cwd, needed } = isAddress(args.command[0] ?? '')
      ? { argv: args.command, cwd: '/tmp', needed: [] }
      : commandOf(args.command, places)
    // Where agents are off the daemon says so, before a person answers for nothing.
    const { off } = await io.call(getAgents)
    for (const { word, place } of off ? [] : needed)
      if (
        !(await confirm(io, `The agent would not see ${word}. Let it read ${place}?`, {
          yes: options.yes,
          shows: grantCapability,
          where: 'COMMAND',
        }))
      )
        throw new KaroError('refused', `the agent in its jail would not see ${word}`, {
          where: 'COMMAND',
          hint: `Give it: --read ${place}`,
        })
    const binds = [...places, ...needed.map(({ place }) => ({ path: place, write: false }))]
    const limits = defined({ memory_bytes: options.memory, tasks: options.processes })
    const body = {
      name: args.name,
      class: options.class,
      argv,
      cwd,
      binds,
      limits,
      tools: options.tool ?? [],
      secrets: options.secret ?? [],
      connect: options.connect,
      call_ms: options['call-time'],
      why: options.why,
      token: options['token-file'],
    }
    const { cannot_change: fixed = [] } = await io.call(addAgent, {
      body,
      deadlineMs: START_DEADLINE_MS,
    })
    if (fixed.length > 0) io.err(cannotChange(fixed))
    const agent = args.name
    const started = await io
      .call(startAgent, { body: { agent }, deadlineMs: START_DEADLINE_MS })
      .catch(prefixed(`${agent} is added, and does not run`))
    return show(io, started, agentView)
  },
})

const cannotChange = (fixed: readonly string[]): string =>
  [
    `karo: the agent cannot change ${fixed.map(printable).join(', ')}: the user of its jail may not`,
    '  Let that user (karo-exec of the service, nobody where Karo is root) write them, as by  setfacl -R -m u:USER:rwX DIR , or leave them so.',
    '  In a small virtual machine they have to belong to that user:  chown USER FILE\n',
  ].join('\n')

function secretOf(text: string, where: string): { readonly variable: string; readonly secret: string } {
  const [variable = '', secret = ''] = text.split(/=(.*)/s, 2)
  if (/^[A-Z][A-Z0-9_]{0,47}$/.test(variable) && SECRET_NAME.test(secret)) return { variable, secret }
  throw usage(
    `'${text.slice(0, 80)}' is not VARIABLE=NAME`,
    where,
    'Write --secret TOKEN=api-token: capital letters, digits and _, and the name of a secret.',
  )
}

const list = defineCommand('agent list', {
  summary: 'list your agents, and what each is doing',
  shows: getAgents,
  options: { at: AT },
  view: agentsView,
})

const describe = defineCommand('agent describe', {
  summary: 'show one agent: what it may see, its limits, and its tools while it runs',
  shows: describeAgent,
  args: { agent: AGENT },
  options: { at: AT },
  view: agentView,
})

const remove = defineCommand('agent remove', {
  summary: 'stop an agent and remove it; its tasks stay',
  shows: removeAgent,
  args: { agent: AGENT },
  view: ({ id }) => `Removed ${printable(id)}.\n`,
})

const start = defineCommand('agent start', {
  summary: 'start an agent now, even after it crashed too often; a task starts it by itself',
  shows: startAgent,
  args: { agent: AGENT },
  options: { at: AT },
  deadlineMs: START_DEADLINE_MS,
  view: agentView,
})

const stop = defineCommand('agent stop', {
  summary: 'stop an agent, with all its processes',
  shows: stopAgent,
  args: { agent: AGENT },
  options: { at: AT },
  examples: { 'karo agent stop files': 'the next task starts it again' },
  deadlineMs: START_DEADLINE_MS,
  view: ({ id }) => `Stopped ${printable(id)}.\n`,
})

const logs = defineCommand('agent logs', {
  summary: 'show the log of an agent: its standard error, starts and ends',
  shows: getAgentLogs,
  args: { agent: AGENT },
  options: { at: AT },
  view: agentLogsView,
})

export const commands = [add, list, describe, start, stop, logs, remove]

const BAD: ReadonlySet<string> = new Set(['failed', 'locked', 'refused'])

const line = (argv: readonly string[] | null): string => (argv ? argv.map(shellWord).join(' ') : 'not shown')

function agentsView({ agents, off }: AgentListShape, screen: Screen): string {
  // Only another machine is without built-in ones.
  if (agents.length === 0) return 'None that you may use.\n'
  const own = agents.filter(({ built_in }) => !built_in)
  const shown = table(screen, agents, {
    AGENT: 'id',
    WHOSE: own.some(({ owner }) => owner) && (({ owner = 'yours' }) => owner),
    STATE: {
      value: 'state',
      style: ({ state }) => (BAD.has(state) ? 'red' : state === 'running' ? 'green' : undefined),
    },
    COMMAND: {
      value: ({ argv, built_in, outside }) =>
        built_in ? 'built in' : `${line(argv)}${outside ? ' (outside of jails)' : ''}`,
      shrink: 'first',
    },
    DETAIL: {
      value: ({ detail, granted_until }) =>
        granted_until === undefined ? detail : `${detail}; granted until ${localTime(granted_until)}`,
      wrap: true,
    },
  })
  if (own.length > 0) return shown
  const none = off
    ? 'Agents of your own are off on this node: karo config set agents.enabled true allows them.\n'
    : 'No agents of your own. karo agent add NAME -- COMMAND  adds one.\n'
  return `${shown}\n${fitted(none, screen)}`
}

function agentView(agent: AgentShape, screen: Screen): string {
  const {
    id,
    state,
    detail,
    restarts,
    since,
    granted_until,
    argv,
    built_in,
    outside,
    manifest,
    server,
    offers,
  } = agent
  const head = facts(screen, id, {
    state: `${state}: ${detail}`,
    since: since && localTime(since),
    until:
      granted_until &&
      `${localTime(granted_until)}, when a grant that it needs ends; then it stops, unless you renew the grant before (karo cap list)`,
    restarts: restarts > 0 && String(restarts),
    [outside ? 'address' : 'command']: built_in ? 'built in' : line(argv),
    ...(manifest !== null && signedFacts(manifest, outside)),
    server,
  })
  if (offers === null) return head
  const tools = table(screen, offers, {
    TOOL: 'name',
    EFFECT: ({ read_only }) => (read_only ? 'only reads' : 'may change'),
    // Another machine does not say.
    'A CALL':
      offers[0]?.class !== undefined &&
      (({ class: of, kind }) => (of === 'green' ? `runs at once (${kind})` : `asks you (${kind}, ${of})`)),
    DESCRIPTION: { value: ({ description }) => description.split('\n', 1)[0] ?? '', shrink: 'first' },
  })
  return `${head}\n${tools}`
}

/** What its manifest says. */
function signedFacts(manifest: NonNullable<AgentShape['manifest']>, outside = false) {
  const { binds, cwd, tools, secrets, connect = [], limits, call_ms, why, added_at } = manifest
  return {
    jail:
      outside &&
      'none: Karo did not start this server, cannot stop it, and cannot confine it; each call waits for your approval',
    directory: !outside && cwd,
    sees:
      !outside &&
      (binds.map(({ path, write }) => `${path} (${write ? 'may change it' : 'reads'})`).join(', ') ||
        'only the programs of this machine'),
    network: !outside && (connect.length === 0 ? 'none' : `${connect.join(', ')}, by a proxy`),
    secrets: secrets.map(({ variable, secret }) => `${variable}=${secret}`).join(', '),
    'may be called': tools.join(', ') || 'all its tools',
    limits: outside
      ? `${duration(call_ms)} a call`
      : `${bytes(limits.memory_bytes)} of memory a process, ${limits.tasks} processes, ${duration(call_ms)} a call`,
    why,
    added: localTime(added_at),
  }
}

function agentLogsView({ lines, dropped, cut }: AgentLogsShape): string {
  if (lines.length === 0) return 'Nothing since Karo started.\n'
  const before =
    dropped === 0 ? '' : `${dropped} ${dropped === 1 ? 'line was' : 'lines were'} dropped before these.\n`
  const after = cut === 0 ? '' : `${cut} characters at the ends of too long lines were dropped.\n`
  const shown = lines.map(
    ({ at, from, text }) => `${localTime(at)}  ${from === 'karo' ? 'karo: ' : ''}${printable(text)}\n`,
  )
  return `${before}${shown.join('')}${after}`
}

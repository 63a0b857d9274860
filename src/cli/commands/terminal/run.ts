// karo run: starts an AI coding tool, or any command, in a jail; lists those that run, and lets them reach more.
import { dirname, resolve } from 'node:path'
import { homePaths } from '../../../config/paths.ts'
import {
  type CommandIo,
  clauses,
  defineCommand,
  type ExitCode,
  homeOf,
  KaroError,
  localTime,
  printable,
  show,
  table,
  usage,
} from '../../kit.ts'
import type { Plan, Wanted } from '../../run/plan.ts'

const network = {
  value: 'host',
  repeat: true,
  description:
    'what it may reach: all (the public internet, the default), none, or hosts such as example.org, *.example.org or 10.0.0.5:5432',
} as const
const write = {
  name: 'write',
  value: 'dir',
  repeat: true,
} as const

const run = defineCommand('run', {
  summary: 'start an AI coding tool, or any command, in a jail: it may change the project and nothing else',
  json: 'print errors at the start as JSON; what the command prints is its own',
  args: {
    command: { variadic: true, description: 'the command behind --, such as claude' },
  },
  options: {
    network,
    write: { ...write, description: 'another directory that it may change' },
    read: {
      value: 'dir',
      repeat: true,
      description: 'a directory that it may read',
    },
    env: {
      value: 'name',
      repeat: true,
      description: 'a variable with a secret that it gets; others that look like one are left out',
    },
  },
  examples: {
    'karo run -- claude': 'Claude Code, which may change this project and reach the public internet',
    'karo run --network api.openai.com -- codex': 'Codex, which reaches its model and nothing else',
  },
  async run(io, { args, options }) {
    if (io.env.KARO_RUN)
      throw new KaroError('refused', 'this is a jail already, and nothing in it starts another one', {
        where: 'karo run',
      })
    const [{ planOf, mayLookIn }, { runSession }, { readNetwork }, { sessions }, { answerHook }] =
      await Promise.all([
        import('../../run/plan.ts'),
        import('../../run/session.ts'),
        import('../../run/network.ts'),
        import('../../run/registry.ts'),
        import('../../hooks/answer.ts'),
      ])
    const reached = readNetwork(options.network ?? ['all'])
    // What one that was killed has left is taken away first.
    await sessions(io.home)
    const wanted: Wanted = {
      command: args.command,
      cwd: process.cwd(),
      home: homeOf(io),
      env: io.env,
      read: (options.read ?? []).map((path) => resolve(path)),
      write: (options.write ?? []).map((path) => resolve(path)),
      keys: options.env ?? [],
      karo: io.home,
      closed: closedOf(io),
      own: [process.execPath, dirname(process.argv[1] ?? '/')],
    }
    const plan = planOf(wanted)
    const quiet: CommandIo = { ...io, err: () => {} }
    const code = await runSession({
      wanted,
      plan,
      network: reached,
      judge: (asked, now) => answerHook(quiet, asked as Parameters<typeof answerHook>[1], mayLookIn(now)),
      tell: (line) => io.err(`${line}\n`),
      begun: (session) => io.err(beginning(session, plan, reached)),
    })
    // The one command whose code is that of another program.
    return code as ExitCode
  },
})

/** Directories of Karo that no jail sees. */
function closedOf({ env, home }: CommandIo): readonly string[] {
  const { socket } = homePaths(env)
  return [home, dirname(socket), '/etc/karo', '/run/karo', '/var/lib/karo', '/var/spool/karo']
}

function beginning(session: string, { argv, project, kept }: Plan, reached: readonly string[]): string {
  const where =
    reached.length === 0
      ? 'no network'
      : `the network: ${reached.map((one) => (one === 'all' ? 'the public internet' : one)).join(', ')}`
  return clauses(
    `karo run: session ${session}: ${argv[0]} may change ${project} and its own copy of your home, and reaches ${where}.`,
    kept.length > 0 && `Left out of its environment: ${kept.join(', ')} (--env NAME gives one).`,
  )
    .map((line) => `${printable(line)}\n`)
    .join('')
}

const list = defineCommand('run list', {
  summary: 'list the tools that run in jails of karo run, and what they were denied',
  async run(io) {
    const { sessions } = await import('../../run/registry.ts')
    return show(io, { sessions: await sessions(io.home) }, ({ sessions: all }) =>
      all.length === 0
        ? 'No tool runs in a jail of karo run.\n'
        : table(io, all, {
            SESSION: 'session',
            SINCE: ({ since }) => localTime(since),
            TOOL: { value: 'tool', shrink: true },
            'MAY CHANGE': {
              value: ({ project, write: more }) => [project, ...more].join(', '),
              shrink: true,
            },
            NETWORK: { value: ({ network: reached }) => reached.join(', ') || 'none', shrink: true },
            DENIED: { value: ({ denied }) => denied.join('; ') || '–', wrap: true },
          }),
    )
  },
})

const allow = defineCommand('run allow', {
  summary:
    'let a tool that runs in a jail reach another host or change another directory, from another terminal',
  args: { session: 'as karo run list shows it' },
  options: {
    network,
    write: { ...write, description: 'another directory that it may change from now on' },
  },
  examples: {
    'karo run allow 3fa2c1 --network registry.npmjs.org': 'it may fetch packages from now on',
  },
  async run(io, { args, options }) {
    const [registry, { readHost }] = await Promise.all([
      import('../../run/registry.ts'),
      import('../../run/network.ts'),
    ])
    const more = {
      network: (options.network ?? []).map(readHost),
      write: (options.write ?? []).map((path) => resolve(path)),
    }
    if (more.network.length + more.write.length === 0)
      throw usage(
        'nothing is named',
        'karo run allow',
        'Name a host or a directory: --network example.org, --write DIR',
      )
    return show(
      io,
      await registry.allow(io.home, args.session, more),
      ({ session, project, write: given, network: reached }) =>
        `Session ${session} may change ${[project, ...given].map(printable).join(', ')}, and reaches: ${reached.map(printable).join(', ') || 'nothing'}\n`,
    )
  },
})

export const commands = [run, list, allow]

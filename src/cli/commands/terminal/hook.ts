// karo hook: judges and records commands of AI coding tools, and puts itself into the settings of these tools.

import { quickGuard } from '../../../assist/guard/quick.ts'
import { ADAPTER_NAMES, ADAPTERS, type Adapter, type AdapterName } from '../../adapters/index.ts'
import { type Asked, answerHook } from '../../hooks/answer.ts'
import { readInput } from '../../hooks/input.ts'
import { asking as asked, askOption } from '../../hooks/options.ts'
import {
  type ArgumentWords,
  type CommandIo,
  defineCommand,
  type ExitCode,
  KaroError,
  type OptionsByName,
  workingDirectory,
} from '../../kit.ts'
import { asking } from '../../run/registry.ts'

/** The tools into whose settings the hook can be put. */
const INSTALLED = ADAPTER_NAMES.filter((name) => ADAPTERS[name].settings !== undefined)

const call = defineCommand('hook', {
  summary:
    'judge and record a command of an AI coding tool; the tool runs this before and after each command',
  args: {
    tool: {
      description: `whose call is on standard input: ${ADAPTER_NAMES.map((name) => `${name} (${ADAPTERS[name].title})`).join(', ')}`,
      choices: ADAPTER_NAMES,
    },
  },
  examples: {
    'karo hook install claude': 'makes Claude Code call the hook',
    'echo \'{"command":"git push --force"}\' | karo hook generic':
      'judges a command of any other tool; exits with 4 unless it may run',
  },
  options: {
    inbox: {
      value: 'seconds',
      description:
        'a command that needs consent waits this long in the approvals inbox for your answer (karo approvals); without an answer the command is judged as without this option',
    },
    ask: askOption,
  },
  async run(io, { args, options }) {
    const adapter = asked(ADAPTERS[args.tool as AdapterName], options.ask)
    if (process.stdin.isTTY)
      throw new KaroError(
        'bad_request',
        `only ${adapter.title} calls this command, with JSON on standard input`,
        {
          where: `karo hook ${adapter.name}`,
          hint: adapter.settings && `To set that up: karo hook install ${adapter.name}`,
        },
      )
    return answer(io, adapter, { inbox: options.inbox, ask: options.ask === true, json: io.json })
  },
})

/** In a jail of `karo run` the process outside judges, because nothing of Karo's is in there. */
async function answer(
  io: CommandIo,
  { name }: Adapter,
  given: Omit<Asked, 'tool' | 'cwd' | 'input'>,
): Promise<ExitCode> {
  const input = await readInput(process.stdin)
  const whole: Asked = { ...given, tool: name, input, cwd: workingDirectory() }
  const outside = io.env.KARO_RUN
  const { said, code } =
    outside === undefined
      ? await answerHook(io, whole)
      : ((await asking(outside, whole)) as Awaited<ReturnType<typeof answerHook>>)
  io.out(said)
  return code
}

const toolArgument: ArgumentWords = {
  description: `which tool: ${INSTALLED.map((name) => `${name} (${ADAPTERS[name].title})`).join(', ')}`,
  choices: INSTALLED,
}
const scopeOptions: OptionsByName = {
  user: 'in your own settings of the tool, for all projects (the default)',
  project: 'in the settings of the project in this directory',
  'dry-run': 'show the new contents of the file, and change nothing',
}

const install = defineCommand('hook install', {
  summary: 'make an AI coding tool ask the guard before each command, and record what it ran',
  args: { tool: toolArgument },
  options: {
    ...scopeOptions,
    inbox: {
      value: 'seconds',
      description:
        'a command that needs consent waits this long in the approvals inbox, where you answer in another terminal (karo approvals)',
    },
    jail: 'the tool starts in a jail by its own name, in new shells with the hook of karo shell install (karo run)',
    ask: askOption,
  },
  examples: {
    'karo hook install claude': 'in ~/.claude/settings.json; running it again changes nothing',
  },
  async run(io, input) {
    const { installHook } = await import('../../hooks/settings.ts')
    const { onError } = await quickGuard(io)
    return installHook(io, input, onError)
  },
})

const uninstall = defineCommand('hook uninstall', {
  summary: "remove the hook from an AI coding tool's settings",
  args: { tool: toolArgument },
  options: scopeOptions,
  async run(io, input) {
    const { uninstallHook } = await import('../../hooks/settings.ts')
    return uninstallHook(io, input)
  },
})

const list = defineCommand('hook list', {
  summary: 'list the AI coding tools that Karo knows, and where its hook is installed',
  async run(io) {
    const { listHooks } = await import('../../hooks/list.ts')
    return listHooks(io)
  },
})

export const commands = [call, install, uninstall, list]

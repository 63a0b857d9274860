// karo hook: judges and records commands of AI coding tools, and puts itself into the settings of these tools.

import { judge } from '../../../assist/guard/judge.ts'
import { machineOf } from '../../../assist/guard/machine.ts'
import { quickGuard } from '../../../assist/guard/quick.ts'
import { systemRandom } from '../../../base/clock.ts'
import { EXIT, type ExitCode, KaroError } from '../../../base/errors.ts'
import { jsonText } from '../../../base/printable.ts'
import { recordingPaths } from '../../../config/paths.ts'
import {
  ADAPTER_NAMES,
  ADAPTERS,
  type Adapter,
  type AdapterName,
  answerCall,
  leaveInSpool,
  type Reply,
} from '../../adapters/index.ts'
import {
  type Command,
  type CommandArgument,
  type CommandIo,
  type CommandOption,
  defineCommand,
} from '../../command.ts'
import { asking, askOption } from '../../hooks/ask-option.ts'
import { readInbox } from '../../hooks/inbox-option.ts'
import { readInput } from '../../hooks/input.ts'
import { toldGuard } from '../../judging.ts'
import { homeOf, placeOf } from '../../place.ts'
import { envOfUser } from '../../shells/own-home.ts'

/** The tools into whose settings the hook can be put. */
const INSTALLED = ADAPTER_NAMES.filter((name) => ADAPTERS[name].settings !== undefined)

const call = defineCommand({
  name: 'hook',
  summary:
    'judge and record a command of an AI coding tool; the tool runs this before and after each command',
  args: [
    {
      name: 'tool',
      required: true,
      description: `whose call is on standard input: ${ADAPTER_NAMES.map((name) => `${name} (${ADAPTERS[name].title})`).join(', ')}`,
      choices: ADAPTER_NAMES,
    },
  ],
  examples: [
    { run: 'karo hook install claude', does: 'makes Claude Code call the hook' },
    {
      run: `echo '{"command":"git push --force"}' | karo hook generic`,
      does: 'judges a command of any other tool; exits with 4 unless it may run',
    },
  ],
  options: [
    {
      name: 'inbox',
      value: 'seconds',
      description:
        'a command that needs consent waits this long in the approvals inbox for your answer (karo approvals); without an answer the command is judged as without this option',
    },
    askOption,
  ],
  async run(io, { args, options }) {
    const adapter = asking(ADAPTERS[args.tool as AdapterName], options.ask)
    if (process.stdin.isTTY) {
      throw new KaroError(
        'bad_request',
        `only ${adapter.title} calls this command, with JSON on standard input`,
        {
          where: `karo hook ${adapter.name}`,
          ...(adapter.settings && { hint: `To set that up: karo hook install ${adapter.name}` }),
        },
      )
    }
    return answer(io, adapter, options.inbox)
  },
})

async function answer(io: CommandIo, adapter: Adapter, inbox: string | undefined): Promise<ExitCode> {
  const place = placeOf(io)
  const guard = await toldGuard(io)
  const input = await readInput(process.stdin)
  const answered = answerCall(
    adapter,
    input.text,
    {
      onError: guard.onError,
      judge: (command, where) => {
        const at = { ...place, ...where }
        return judge(guard, command, { ...at, caller: 'tool', machine: machineOf(at, io.env, guard) })
      },
    },
    input,
  )
  const reply = await settled(io, adapter, answered, inbox)
  // A block that a person lifted is none, and a denial of theirs is one.
  const entries = reply === answered.reply ? answered.entries : []
  // As in the hooks of shells, an empty KARO_PAUSE does not pause.
  if ((io.env.KARO_PAUSE || '0') === '0') {
    leaveInSpool(entries, {
      directory: recordingPaths(envOfUser(io.env)).spool,
      uid: process.getuid?.() ?? 0,
      pid: process.pid,
      now: Date.now(),
      secret: systemRandom.bytes(16),
    })
  }
  const said = adapter.answer(reply)
  if (said !== undefined || io.json) io.out(`${jsonText(said ?? {})}\n`)
  // Tools with a protocol read the decision in the answer, and take any exit code but 0 for a failure of the hook.
  return adapter.settings === undefined && reply.decision !== 'none' ? EXIT.refused : EXIT.done
}

/** The reply, or what a person decided in the inbox if the hook may wait for that. */
async function settled(
  io: CommandIo,
  adapter: Adapter,
  { reply, confirmable }: ReturnType<typeof answerCall>,
  inbox: string | undefined,
): Promise<Reply> {
  if (inbox === undefined || confirmable === undefined || reply.decision === 'none') return reply
  const { askInbox } = await import('../../hooks/inbox.ts')
  return askInbox(io, adapter.name, confirmable, reply, readInbox(inbox))
}

const toolArgument: CommandArgument = {
  name: 'tool',
  required: true,
  description: `which tool: ${INSTALLED.map((name) => `${name} (${ADAPTERS[name].title})`).join(', ')}`,
  choices: INSTALLED,
}
const scopeOptions: readonly CommandOption[] = [
  { name: 'user', description: 'in your own settings of the tool, for all projects (the default)' },
  { name: 'project', description: 'in the settings of the project in this directory' },
  { name: 'dry-run', description: 'show the new contents of the file, and change nothing' },
]

const install = defineCommand({
  name: 'hook install',
  summary: 'make an AI coding tool ask the guard before each command, and record what it ran',
  args: [toolArgument],
  options: [
    ...scopeOptions,
    {
      name: 'inbox',
      value: 'seconds',
      description:
        'a command that needs consent waits this long in the approvals inbox, where you answer in another terminal (karo approvals)',
    },
    askOption,
  ],
  examples: [
    { run: 'karo hook install claude', does: 'in ~/.claude/settings.json; running it again changes nothing' },
    {
      run: 'karo hook install gemini --project',
      does: 'in ./.gemini/settings.json, for everybody who works in this project',
    },
    { run: 'karo hook install codex --dry-run', does: 'shows the file and changes nothing' },
  ],
  async run(io, input) {
    const { installHook } = await import('../../hooks/settings.ts')
    const { onError } = await quickGuard({ home: io.home, env: io.env })
    return installHook(io, input, homeOf(io), onError)
  },
})

const uninstall = defineCommand({
  name: 'hook uninstall',
  summary: "remove the hook from an AI coding tool's settings",
  args: [toolArgument],
  options: scopeOptions,
  examples: [{ run: 'karo hook uninstall claude', does: 'Claude Code runs its commands without Karo again' }],
  async run(io, input) {
    const { uninstallHook } = await import('../../hooks/settings.ts')
    return uninstallHook(io, input, homeOf(io))
  },
})

const list = defineCommand({
  name: 'hook list',
  summary: 'list the AI coding tools that Karo knows, and where its hook is installed',
  examples: [{ run: 'karo hook list', does: 'also shows which tools seem to be on this machine' }],
  async run(io) {
    const { listHooks } = await import('../../hooks/list.ts')
    return listHooks(io, homeOf(io))
  },
})

export const commands: readonly Command[] = [call, install, uninstall, list]

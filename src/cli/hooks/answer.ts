// Answers a call of an AI coding tool's hook: judged by the person's guard, recorded, and perhaps decided in the inbox.
import type { Guard } from '../../assist/guard/guard.ts'
import { judge } from '../../assist/guard/judge.ts'
import { type MachinePlace, machineOf } from '../../assist/guard/machine.ts'
import { systemRandom } from '../../base/clock.ts'
import { jsonText } from '../../base/printable.ts'
import { recordingPaths } from '../../config/paths.ts'
import {
  ADAPTERS,
  type Adapter,
  type AdapterName,
  answerCall,
  type HookInput,
  leaveInSpool,
  type Reply,
} from '../adapters/index.ts'
import { toldGuard } from '../judging.ts'
import { type CommandIo, EXIT, type ExitCode, placeOf } from '../kit.ts'
import { envOfUser } from '../shells/own-home.ts'
import { asking, readInbox } from './options.ts'

export interface Asked {
  readonly tool: AdapterName
  readonly input: HookInput
  /** Where the hook runs. */
  readonly cwd: string | undefined
  /** Its options. */
  readonly inbox: string | undefined
  readonly ask: boolean
  readonly json: boolean
}

/** What the tool is told, and with which code. `mayLook`: which files the judgement may look at; absent: all. */
export async function answerHook(
  io: CommandIo,
  { tool, input, cwd, inbox, ask, json }: Asked,
  mayLook?: MachinePlace['mayLook'],
): Promise<{ readonly said: string; readonly code: ExitCode }> {
  const adapter = asking(ADAPTERS[tool], ask)
  const { cwd: _, ...place } = placeOf(io)
  const guard = await toldGuard(io)
  const answered = answerCall(adapter, input, {
    onError: guard.onError,
    judge: (command, where) => {
      const at = { ...place, ...(cwd !== undefined && { cwd }), ...where }
      const machine = machineOf({ ...at, ...(mayLook && { mayLook }) }, io.env, guard)
      return judge(guard, command, { ...at, caller: 'tool', machine })
    },
  })
  const reply = await settled(io, adapter, answered, inbox)
  // A block that a person lifted is none, and a denial of theirs is one.
  const entries = reply === answered.reply ? answered.entries : []
  // As in the hooks of shells, an empty KARO_PAUSE does not pause.
  if ((io.env.KARO_PAUSE || '0') === '0')
    leaveInSpool(entries, {
      directory: recordingPaths(envOfUser(io.env)).spool,
      uid: process.getuid?.() ?? 0,
      pid: process.pid,
      now: Date.now(),
      secret: systemRandom.bytes(16),
    })
  const answer = adapter.answer(withLoosened(reply, guard))
  return {
    said: answer !== undefined || json ? `${jsonText(answer ?? {})}\n` : '',
    // Tools with a protocol read the decision in the answer, and take any exit code but 0 for a failure of the hook.
    code: adapter.settings === undefined && reply.decision !== 'none' ? EXIT.refused : EXIT.done,
  }
}

/** The reply, which also says where the guard is strict because something else has changed its files. */
const withLoosened = (reply: Reply, { warnings, loosened }: Guard): Reply =>
  reply.decision === 'none' || loosened.length === 0
    ? reply
    : { ...reply, reason: `${reply.reason} Besides, ${warnings.join('; ')}` }

/** The reply, or what a person decided in the inbox if the hook may wait for that. */
async function settled(
  io: CommandIo,
  adapter: Adapter,
  { reply, confirmable }: ReturnType<typeof answerCall>,
  inbox: string | undefined,
): Promise<Reply> {
  if (inbox === undefined || confirmable === undefined || reply.decision === 'none') return reply
  const { askInbox } = await import('./inbox.ts')
  return askInbox(io, adapter.name, confirmable, reply, readInbox(inbox))
}

// A daemon that holds its home and does not answer: who it is, and what brings it back.
import { daemonAt } from '../../api/contract/client/socket.ts'
import { getHealth } from '../../api/contract/operations/status.ts'
import { KaroError } from '../../base/errors.ts'
import type { HomePaths } from '../../config/paths.ts'
import { managerOf, readHolder } from '../../ops/system/lock.ts'

/** A daemon under load answers its health within a tenth of it. */
const ANSWER_MS = 3_000

/** Ends the hung process and starts another one: commands, one a line. `start`: what starts a daemon by hand. */
export async function restartHung(pid: number, start: string, service = false): Promise<string> {
  const manager = service ? 'system' : await managerOf(pid)
  if (manager === 'system') return 'sudo systemctl restart karo'
  if (manager === 'user') return 'systemctl --user restart karo'
  return `kill -9 ${pid}\n${start}`
}

/** `error`, the refusal of a second daemon; or what says more: that the first one hangs, and what to do about it. */
export async function asHung(error: unknown, paths: HomePaths, service: boolean): Promise<unknown> {
  if (!(error instanceof KaroError) || error.code !== 'conflict') return error
  const holder = await readHolder(paths.lock).catch(() => undefined)
  if (holder?.alive !== true) return error
  try {
    await daemonAt(paths).call(getHealth, { deadlineMs: ANSWER_MS })
    return error
  } catch (silent) {
    if (!(silent instanceof KaroError) || silent.code !== 'timeout') return error
    const commands = await restartHung(holder.pid, 'karo up', service)
    return new KaroError('conflict', `pid ${holder.pid} holds the lock and does not answer`, {
      where: paths.lock,
      hint: `End it and start again: ${commands.replaceAll('\n', '; ')}`,
      cause: error,
    })
  }
}

// The shell at whose prompt this command was typed, and whether its hook records it.
import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { partsOfStat } from '../../base/run/proc-stat.ts'
import { readSystem } from './world.ts'

/** A shell with a prompt runs each command in a process group of its own; a script does not. */
const groupOf = (pid: number) => partsOfStat(readSystem(`/proc/${pid}/stat`) ?? '').fields[2]

/**
 * Undefined for a command that was not typed; `recorded`, into this spool, is undefined where only root can tell. A shell that was open before
 * its person had a node of their own goes on to record into the machine's spool.
 */
export function thisShell(spool: string) {
  const { pid: own, ppid: pid } = process
  const command = readSystem(`/proc/${pid}/comm`)?.trim() ?? ''
  if (!/^(?:ba|z|fi|da)?sh$/.test(command) || groupOf(pid) === groupOf(own)) return undefined
  // bash and zsh keep their file open; the others open it for each record, so the directory has to be read.
  const open = `/proc/${pid}/fd`
  const there = orElse(() => realpathSync(spool), spool)
  const files = /^ba|^z/.test(command)
    ? orElse(() => readdirSync(open).map((fd) => orElse(() => readlinkSync(`${open}/${fd}`), '')), [])
    : orElse(() => readdirSync(there).map((name) => join(there, name)), undefined)
  return {
    command,
    pid,
    recorded: files?.some(
      (path) => path.startsWith(join(there, '/')) && path.includes(`-${pid}-`) && path.endsWith('.spool'),
    ),
  }
}

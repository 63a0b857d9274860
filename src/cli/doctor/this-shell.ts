// The shell at whose prompt this command was typed, and whether its hook records it.
import { readdirSync, readlinkSync } from 'node:fs'
import { orElse } from '../../base/run/or-else.ts'
import { readSystem } from './world.ts'

/** A shell with a prompt runs each command in a process group of its own; a script does not. */
const groupOf = (pid: number) => /.*\) \S+ \d+ (\d+)/.exec(readSystem(`/proc/${pid}/stat`) ?? '')?.[1]

/** Undefined for a command that was not typed; `recorded` is undefined where only root can tell. */
export function thisShell(spool: string) {
  const { pid: own, ppid: pid } = process
  const command = readSystem(`/proc/${pid}/comm`)?.trim() ?? ''
  if (!/^(?:ba|z|fi|da)?sh$/.test(command) || groupOf(pid) === groupOf(own)) return undefined
  // bash and zsh keep their file open; the others open it for each record, so the directory has to be read.
  const open = `/proc/${pid}/fd`
  const files = /^ba|^z/.test(command)
    ? orElse(() => readdirSync(open).map((fd) => orElse(() => readlinkSync(`${open}/${fd}`), '')), [])
    : orElse(() => readdirSync(spool), undefined)
  return {
    command,
    pid,
    recorded: files?.some((name) => name.includes(`-${pid}-`) && name.endsWith('.spool')),
  }
}

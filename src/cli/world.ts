// What the rules about failed commands may see of this machine: files, programs on the PATH, and who listens at a port.
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { World } from '../assist/copilot/fix/rule.ts'
import { orElse } from '../base/run/or-else.ts'
import { personHome } from '../base/run/person-home.ts'
import type { CommandIo } from './command.ts'
import { holderOf, socketTable } from './doctor/sockets.ts'
import { workingDirectory } from './place.ts'

const MODES = { read: constants.R_OK, write: constants.W_OK, execute: constants.X_OK } as const
const TEXT_MAX = 256 * 1024

export function worldOf({ env }: Pick<CommandIo, 'env'>): World {
  let programs: readonly string[] | undefined
  const kind = (path: string) => {
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat && (stat.isDirectory() ? 'directory' : 'file')
  }
  return {
    cwd: workingDirectory() ?? '/',
    home: personHome(env),
    isRoot: process.geteuid?.() === 0,
    programs: () => (programs ??= programsOn(env.PATH ?? '')),
    kind: (path) => orElse(() => kind(path), undefined),
    list: (path) => orElse(() => readdirSync(path), []),
    read: (path) =>
      orElse(() => (statSync(path).size > TEXT_MAX ? undefined : readFileSync(path, 'utf8')), undefined),
    can: (path, what) =>
      orElse(() => {
        accessSync(path, MODES[what])
        return true
      }, false),
    listener,
  }
}

const programsOn = (path: string): readonly string[] => [
  ...new Set(path.split(':').flatMap((one) => (isAbsolute(one) ? orElse(() => readdirSync(one), []) : []))),
]

function listener(port: number): ReturnType<World['listener']> {
  const inodes = socketTable('self').flatMap((one) =>
    one.kind === 'tcp' && one.listens && one.localPort === port ? [one.inode] : [],
  )
  if (inodes.length === 0) return undefined
  const holder = inodes.map(holderOf).find((one) => one !== undefined)
  return holder ? { pid: holder.pid, name: holder.command } : null
}

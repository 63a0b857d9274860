// What the rules about failed commands may see of this machine: files, programs on the PATH, and who listens at a port.
import { accessSync, constants, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { World } from '../assist/copilot/fix/rule.ts'
import { orElse } from '../base/run/or-else.ts'
import { personHome } from '../base/run/person-home.ts'
import type { CommandIo } from './command.ts'
import { workingDirectory } from './place.ts'

const MODES = { read: constants.R_OK, write: constants.W_OK, execute: constants.X_OK } as const
const TEXT_MAX = 256 * 1024
/** Of proc(5): the state of a socket that listens. */
const LISTENS = '0A'

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
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = ['tcp', 'tcp6'].flatMap((file) =>
    orElse(() => readFileSync(`/proc/net/${file}`, 'utf8'), '')
      .split('\n')
      .slice(1)
      .flatMap((row) => {
        const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
        return state === LISTENS && local.endsWith(`:${hex}`) ? [inode] : []
      }),
  )
  if (inodes.length === 0) return undefined
  const own = orElse(() => readdirSync('/proc'), []).filter((pid) => /^\d+$/.test(pid))
  for (const pid of own) {
    const fds = orElse(() => readdirSync(`/proc/${pid}/fd`), [])
    const links = fds.map((fd) => orElse(() => readlinkSync(join('/proc', pid, 'fd', fd)), ''))
    if (!links.some((link) => inodes.some((inode) => link === `socket:[${inode}]`))) continue
    const name = orElse(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), '')
    return { pid: Number(pid), name }
  }
  return null
}

// Checks of what several people share: whose spool files are followed, and what the kernel protects in shared directories.
import type { Stats } from 'node:fs'
import { dirname } from 'node:path'
import type { DaemonFacts } from '../../../api/contract/shapes.ts'
import { type Finding, fail, ok, skipped, warn } from '../result.ts'
import { quote } from '../shell-words.ts'
import { readSystem, type World } from '../world.ts'

/** `uid`: the person who asks, who is shown only their own files. */
export function judgeFollowed(
  unfollowed: DaemonFacts['spool']['unfollowed'],
  uid: number,
): readonly Finding[] {
  if (unfollowed.length === 0) return [ok('those of every shell')]
  return unfollowed.map(({ uid: owner, files }) => {
    const whose = owner === uid ? 'of your files' : `files of uid ${owner}`
    const sessions = `ps -u ${owner} -o pid,tty,lstart,comm`
    return fail(`${files} ${whose} are not followed: too many shells are open`, sessions)
  })
}

/** proc(5), /proc/sys/fs; 1 is the least that protects, and 2 what also covers directories of a group. */
const PROTECTIONS = [
  'protected_regular',
  'protected_fifos',
  'protected_hardlinks',
  'protected_symlinks',
] as const
type Protections = Readonly<Record<(typeof PROTECTIONS)[number], number | undefined>>

export async function spoolShared(world: World): Promise<readonly Finding[]> {
  const open: string[] = []
  for (let path = dirname(world.paths.spool); ; path = dirname(path)) {
    const stat = world.stat(path, 'follow')
    if (typeof stat === 'object' && isOpen(stat)) open.push(path)
    if (path === dirname(path)) break
  }
  const read = (name: string): number | undefined => {
    const said = readSystem(`/proc/sys/fs/${name}`)?.trim()
    return said === undefined || !/^\d+$/.test(said) ? undefined : Number(said)
  }
  const found = Object.fromEntries(PROTECTIONS.map((name) => [name, read(name)])) as Protections
  return judgeShared(found, open, world.service)
}

/** Everybody who may write the directory may rename and replace other people's files in it. */
const isOpen = ({ mode }: Stats): boolean => (mode & 0o022) !== 0 && (mode & 0o1000) === 0

/** `open`: directories above the spool that others may write, without the sticky bit. `shared`: so is the spool itself. */
export function judgeShared(
  protections: Protections,
  open: readonly string[],
  shared: boolean,
): readonly Finding[] {
  const found = open.map((path) =>
    warn(
      `${path} may be written by others and is not sticky: they can put another directory in place of the spool`,
      `sudo chmod +t ${quote(path)}`,
    ),
  )
  if (!shared) return found.length > 0 ? found : [ok('only you use the spool')]
  const off = PROTECTIONS.filter((name) => protections[name] === 0)
  if (off.length > 0) {
    const lines = off.map((name) => `fs.${name} = 1`)
    found.push(
      warn(
        `the kernel does not protect files in shared directories: ${off.map((name) => `fs.${name} is 0`).join(', ')}`,
        `printf '%s\\n' ${lines.map((line) => quote(line)).join(' ')} | sudo tee /etc/sysctl.d/60-protected.conf\nsudo sysctl --system`,
      ),
    )
  }
  if (found.length > 0) return found
  if (PROTECTIONS.every((name) => protections[name] === undefined))
    return [skipped('the protections of the kernel cannot be read')]
  return [ok(PROTECTIONS.map((name) => `fs.${name} ${protections[name] ?? 'unknown'}`).join(', '))]
}

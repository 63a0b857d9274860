// What this person may not do: run a file without its bit, read or write what is another's, or do what only root may.

import { absolute, type Fix, found, type Rule } from './rule.ts'

const NOT_EXECUTABLE = 126

/** Programs that change the machine; without root they fail, whatever they say. */
const ROOTS = new Set(
  'apt apt-get dpkg dnf yum pacman zypper apk snap mount umount useradd userdel usermod groupadd adduser visudo ufw iptables nft fdisk mkfs swapon modprobe sysctl reboot shutdown poweroff hostnamectl timedatectl update-grub'.split(
    ' ',
  ),
)
/** The words of programs above that only look. */
const LOOKS = /^(?:list|search|show|status|policy|info|--version|--help|-h|-l|-L|-V|-s|depends)$/
/** Words of systemctl that change something of the machine. */
const CHANGES = /^(?:start|stop|restart|reload|enable|disable|mask|unmask|daemon-reload|edit|set-default)$/
const READERS = new Set('cat less more head tail grep tac nl wc sort diff cp vim vi nano'.split(' '))
const WRITERS = new Set('rm mv touch mkdir chmod chown ln rmdir tee truncate'.split(' '))

export const rights: Rule = (call, { world, exitCode }) => {
  const { tool, args, sudo } = call
  if (tool.includes('/')) {
    const path = absolute(tool, world)
    const kind = world.kind(path)
    if (kind === 'directory') return found(`${tool} is a directory, and no program.`, `cd ${tool}`)
    if (kind === 'file' && !world.can(path, 'execute') && exitCode === NOT_EXECUTABLE)
      return found(
        `${tool} may not be run: its file has no permission to execute.`,
        call.before(`chmod +x ${tool} &&`),
      )
  }
  if (sudo || world.isRoot) return []
  const asRoot = (problem: string): readonly Fix[] => found(problem, call.before('sudo'))
  const looks = args.some((word) => LOOKS.test(word)) || args.length === 0
  if (ROOTS.has(tool) && !looks) return asRoot(`${tool} changes the machine, and only root may.`)
  if (tool === 'systemctl' && CHANGES.test(args[0] ?? '') && !args.includes('--user'))
    return asRoot('Services of the machine are changed by root.')
  for (const word of args) {
    if (word.startsWith('-')) continue
    const path = absolute(word, world)
    const kind = world.kind(path)
    if (READERS.has(tool) && kind === 'file' && !world.can(path, 'read'))
      return asRoot(`You may not read ${word}.`)
    const parent = path.slice(0, path.lastIndexOf('/')) || '/'
    if (WRITERS.has(tool) && world.kind(parent) === 'directory' && !world.can(parent, 'write'))
      return asRoot(`You may not change anything in ${parent}.`)
  }
  return []
}

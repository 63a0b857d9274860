// Checks of the machine: runtime, limits, clock.
import { existsSync, readdirSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { orElse } from '../../../base/run/or-else.ts'
import { clockWords } from '../../../base/words/clock-words.ts'
import { type Checks, type Finding, fail, ok, skipped, warn, who } from '../check.ts'
import { readSystem, type World } from '../world.ts'

/** The least limit of open files: a full mesh of 32 and a database need some 150, and 1024 is the usual limit. */
const FILES_LEAST = 1024
/** Share of the limit from which there is a warning. */
const FILES_USED = 0.8
/** Difference of clocks from which there is a warning; beyond five minutes frames are refused. */
const SKEW_WARN_MS = 60_000

export const machine = {
  'runtime.node': {
    title: 'runtime',
    what: 'The system of this machine is Linux.',
    why: 'Karo needs its /proc, inotify and peer credentials.',
    severity: 'fail',
    fix: 'Run Karo on Linux.',
    look: () =>
      process.platform === 'linux'
        ? ok(`Node.js ${process.versions.node} on linux`)
        : fail(`the system is ${process.platform}`),
  },
  'runtime.files': {
    title: 'open files',
    what: 'The daemon may open enough files, and is far from its limit. While no daemon runs, your own limit is checked.',
    why: 'Every connection and every part of the database is an open file. At the limit new nodes cannot connect.',
    severity: 'warn',
    fix: 'LimitNOFILE=65536 in systemctl edit karo; for your own karo up: nofile of limits.conf(5).',
    async look(world) {
      const state = await world.daemon()
      const pid = state.kind === 'up' ? state.pid : 'self'
      const limit = /^Max open files +(\d+)/m.exec(readSystem(`/proc/${pid}/limits`) ?? '')?.[1]
      if (limit === undefined) return skipped('the limit cannot be read from /proc')
      // Undefined for another user's process.
      const used = pid === 'self' ? undefined : orElse(() => readdirSync(`/proc/${pid}/fd`).length, undefined)
      return judgeFiles(Number(limit), used)
    },
  },
  'runtime.inotify': {
    title: 'inotify',
    what: 'This user can watch a directory.',
    why: 'Without inotify, commands get into the history some seconds late.',
    severity: 'warn',
    fix: 'sudo sysctl -w fs.inotify.max_user_instances=512 fs.inotify.max_user_watches=65536',
    look() {
      try {
        watch(tmpdir(), { persistent: false }).close()
        return ok('a directory can be watched')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        if (code === 'EMFILE')
          return warn('this user has as many watchers as fs.inotify.max_user_instances allows')
        if (code === 'ENOSPC')
          return warn('this user watches as many files as fs.inotify.max_user_watches allows')
        throw error
      }
    },
  },
  'clock.synchronised': {
    title: 'clock',
    what: 'A time service keeps the clock of this machine right: the kernel says that it is synchronised.',
    why: 'Other nodes refuse a node whose clock is more than five minutes off.',
    severity: 'warn',
    fix: 'sudo timedatectl set-ntp true, with a time server of your own network in /etc/systemd/timesyncd.conf.',
    look: clockSynchronised,
  },
  'clock.peers': {
    title: 'clock against others',
    what: "The clocks of connected nodes differ from this machine's clock by less than a minute.",
    why: 'Nodes whose clocks differ by more than five minutes refuse each other. If all other clocks differ by the same time, the clock of this machine is wrong.',
    severity: 'fail',
    looksAt: 'daemon',
    fix: 'On the machine whose clock is wrong: sudo timedatectl set-ntp true, or sudo date -s "<time>".',
    look({ mesh, stale, stale_strangers: strangers }) {
      const heard = mesh.connections.flatMap(({ name, fingerprint, admitted, skew_ms }) =>
        admitted && skew_ms !== null ? { name, fingerprint, skew_ms } : [],
      )
      const off = heard.filter(({ skew_ms }) => Math.abs(skew_ms) > SKEW_WARN_MS)
      const refused = [...new Map(stale.map((node) => [node.fingerprint, node])).values()]
      const all = heard.length + refused.length
      const here = off.length + refused.length === all && all > 1
      const set = 'sudo timedatectl set-ntp true'
      const fix = here ? set : `on the machine whose clock is wrong: ${set}`
      const strange = strangers.map(({ fingerprint, clock_off_ms }) =>
        warn(
          `${fingerprint}, which is not known here, is not listed as waiting: its clock is ${clockWords(clock_off_ms)} (at most 5 min are allowed)`,
          fix,
        ),
      )
      if (all === 0) return [...strange, ok('no other node is connected to compare with')]
      const most = Math.max(0, ...heard.map(({ skew_ms }) => Math.abs(skew_ms)))
      return [
        ...strange,
        ...(here
          ? [warn('all other clocks differ, so probably the clock of this machine is wrong', set)]
          : []),
        ...refused.map((node) =>
          fail(
            `${who(node)}: refused, its clock is ${clockWords(node.clock_off_ms)} (at most 5 min are allowed)`,
            fix,
          ),
        ),
        ...off.map((node) => warn(`${who(node)}: its clock is ${clockWords(node.skew_ms)}`, fix)),
        ok(`${heard.length} compared, at most ${Math.round(most)} ms apart`),
      ]
    },
  },
} satisfies Checks

export function judgeFiles(limit: number, used: number | undefined): Finding {
  if (limit < FILES_LEAST)
    return warn(`at most ${limit} files may be open, but the daemon needs ${FILES_LEAST}`)
  if (used === undefined) return ok(`at most ${limit}`)
  return used > limit * FILES_USED
    ? warn(`${used} of at most ${limit} files are open`)
    : ok(`${used} of at most ${limit}`)
}

export async function clockSynchronised({ run }: World): Promise<Finding> {
  const ran = await run('timedatectl', 'show', '-p', 'NTPSynchronized', '--value')
  const told = ran.kind === 'ran' && ran.code === 0 ? ran.stdout.trim() : undefined
  return judgeSynchronised(told, existsSync('/run/systemd/timesync/synchronized'))
}

/** `told` is the answer of timedatectl, the kernel's own view, whatever program sets the clock. */
export function judgeSynchronised(told: string | undefined, timesyncd: boolean): Finding {
  if (told === 'yes' || timesyncd) return ok('synchronised')
  if (told === 'no') return warn('no time service synchronises the clock of this machine')
  return skipped('neither timedatectl nor systemd-timesyncd is installed, so this is unknown')
}

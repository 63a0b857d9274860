// A small Debian with a real systemd, booted in a container without network: what a service and its package run on.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { atEnd, childrenOf, track } from '../run/processes.ts'
import { until } from '../run/until.ts'

const SUITE = 'bookworm'
/** Kept between runs, because it has to be fetched. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'karo-test')
const IMAGE = join(CACHE, `${SUITE}.tar`)
/** systemd-nspawn(1): the container wants to be started again, by whoever started it. */
const REBOOT = 133
/** Not among the calls that systemd-nspawn lets a container make, and units get its filter. On a machine of its own nothing refuses them. */
const LANDLOCK = 'landlock_create_ruleset landlock_add_rule landlock_restrict_self'
/** Unpacking and booting on a machine that is busy with other things. */
const BOOT_MS = 600_000

export interface Machine {
  /** One line of shell as root inside; never throws for an exit code. */
  run(line: string): Promise<{ code: number | null; output: string }>
  /** The same; throws with the output when it fails. Resolves with the output, trimmed. */
  must(line: string): Promise<string>
  /** Properties of a unit, as `systemctl show` prints them. */
  show(unit: string, ...properties: readonly string[]): Promise<Record<string, string>>
  /** What the journal has by now of the service, or of what other words of journalctl name: it is told later than whom the daemon answers. */
  journal(of?: string): Promise<string>
  reboot(): Promise<void>
  /** The same file as seen from outside, also a socket to connect to. */
  outside(path: string): string
  /** A wire to a network namespace: interface `wire0` at both ends, with these addresses (`10.98.0.1/24`). */
  connect(netns: string, there: string, here: string): void
}

/** Fetches the image when it is not there yet. `reason` says what this machine lacks. */
export function canBoot(): { readonly ok: boolean; readonly reason: string } {
  const no = (reason: string) => ({ ok: false, reason })
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return no('only root on Linux can boot a container')
  for (const tool of ['systemd-nspawn', 'unshare', 'nsenter', 'tar']) {
    if (spawnSync(tool, ['--version']).error !== undefined) return no(`there is no ${tool}`)
  }
  const probe = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {
    encoding: 'utf8',
  })
  if (probe.status !== 0) return no(`nothing can be mounted: ${probe.stderr.trim()}`)
  if (existsSync(IMAGE)) return { ok: true, reason: '' }
  mkdirSync(CACHE, { recursive: true })
  const fresh = join(CACHE, `.${process.pid}.tar`)
  const packages = '--include=systemd,systemd-sysv,dbus'
  const made = spawnSync('mmdebstrap', ['--quiet', '--variant=minbase', packages, SUITE, fresh], {
    encoding: 'utf8',
  })
  if (made.status !== 0) {
    rmSync(fresh, { force: true })
    return no(`no Debian could be fetched: ${made.error?.message ?? made.stderr.trim().split('\n').at(-1)}`)
  }
  renameSync(fresh, IMAGE)
  return { ok: true, reason: '' }
}

/** Boots one; `/packages` inside is the directory `packages`. It ends with the test file. */
export async function bootMachine(packages: string): Promise<Machine> {
  const work = mkdtempSync(join(tmpdir(), 'karo-machine-'))
  const cgroups = makeCgroups(`karo-machine-${process.pid}`)
  const script = join(work, 'boot.sh')
  writeFileSync(script, bootScript(work, packages, cgroups))
  // Its mounts are its own, and go with it.
  const child = track(
    spawn('unshare', ['--mount', '--propagation', 'private', 'sh', script], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  let console = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (console = (console + text).slice(-4_000)))
  }
  atEnd(async () => {
    for (const cgroup of cgroups) await until(() => removed(cgroup), { what: `${cgroup} is empty` })
    rmSync(work, { recursive: true, force: true })
  })

  let init = await booted()
  atEnd(() => void kill(init))

  /** The pid, outside, of the container's first process, when its systemd is done with starting. */
  async function booted(before?: number): Promise<number> {
    return until(
      async () => {
        if (child.exitCode !== null) throw new Error(`the container ended: ${console}`)
        const pid = initOf(child)
        if (pid === undefined || pid === before) return undefined
        const { output } = await enter(pid, 'systemctl is-system-running')
        return isUp(output) && pid
      },
      { what: 'the machine has booted', deadlineMs: BOOT_MS, pollMs: 200 },
    )
  }

  const run = (line: string) => enter(init, line)
  const must = async (line: string): Promise<string> => {
    const { code, output } = await run(line)
    if (code !== 0) throw new Error(`${line}: exit ${code}\n${output}`)
    return output.trim()
  }
  return {
    run,
    must,
    async show(unit, ...properties) {
      const text = await must(`systemctl show -p ${properties.join(',')} ${unit}`)
      return Object.fromEntries(text.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)))
    },
    journal: (of = '-u karo') => must(`journalctl --sync && journalctl -o cat --no-pager ${of}`),
    outside: (path) => `/proc/${init}/root${path}`,
    connect(netns, there, here) {
      ip([
        '-n',
        netns,
        'link',
        'add',
        'wire0',
        'type',
        'veth',
        'peer',
        'name',
        'wire0',
        'netns',
        String(init),
      ])
      for (const [at, address] of [
        [['-n', netns], there],
        [[], here],
      ] as const) {
        const inside = at.length === 0 ? ['nsenter', '-t', String(init), '-n'] : []
        ip([...at, 'addr', 'add', address, 'dev', 'wire0'], inside)
        ip([...at, 'link', 'set', 'wire0', 'up'], inside)
      }
    },
    async reboot() {
      const before = init
      await run('systemctl reboot')
      init = await booted(before)
    },
  }
}

/** By what `systemctl is-system-running` says. */
const isUp = (said: string): boolean => /^(running|degraded)/.test(said)

function ip(args: readonly string[], from: readonly string[] = []): void {
  const [program = '', ...rest] = [...from, 'ip', ...args]
  const ran = spawnSync(program, rest, { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`ip ${args.join(' ')}: ${ran.error?.message ?? ran.stderr}`)
}

async function enter(pid: number, line: string): Promise<{ code: number | null; output: string }> {
  const child = track(
    spawn('nsenter', ['-t', String(pid), '-a', 'sh', '-c', `exec 2>&1; ${line}`], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}

/**
 * Memory, not disk, holds what is written, and it stays over a reboot. In its own cgroups (of the first hierarchies too, where
 * there are any), because systemd wants to be at the top.
 */
function bootScript(work: string, packages: string, cgroups: readonly string[]): string {
  return `set -e
${cgroups.map((cgroup) => `echo $$ > ${cgroup}/cgroup.procs`).join('\n')}
mkdir ${work}/m
mount -t tmpfs -o size=3g tmpfs ${work}/m
mkdir ${work}/m/root
tar -C ${work}/m/root --exclude='./dev/*' -xf ${IMAGE}
echo machine > ${work}/m/root/etc/hostname
code=${REBOOT}
while [ $code -eq ${REBOOT} ]; do
  code=0
  systemd-nspawn --quiet -D ${work}/m/root --bind-ro=${packages}:/packages --register=no --keep-unit \\
    --private-network --console=pipe --system-call-filter='${LANDLOCK}' -b || code=$?
done
exit $code
`
}

function makeCgroups(name: string): string[] {
  const root = '/sys/fs/cgroup'
  const tops = [join(root, 'systemd'), join(root, 'unified')].filter((path) => existsSync(path))
  const made = (tops.length === 0 ? [root] : tops).map((top) => join(top, name))
  for (const path of made) mkdirSync(path, { recursive: true })
  return made
}

/** Cgroups are removed from the innermost, once nobody is in them; true when this one is gone. */
function removed(cgroup: string): boolean {
  if (!existsSync(cgroup)) return true
  for (const entry of readdirSync(cgroup, { withFileTypes: true })) {
    if (entry.isDirectory()) removed(join(cgroup, entry.name))
  }
  try {
    rmdirSync(cgroup)
  } catch {
    return false
  }
  return true
}

/** The descendant that is process 1 of its own namespace. */
function initOf({ pid }: ChildProcess): number | undefined {
  const look = (parent: number): number | undefined => {
    for (const child of childrenOf(parent)) {
      const inside = /^NSpid:.*\t(\d+)$/m.exec(read(`/proc/${child}/status`))?.[1]
      const found = inside === '1' ? child : look(child)
      if (found !== undefined) return found
    }
    return undefined
  }
  return pid === undefined ? undefined : look(pid)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

/** A line of a shell that puts a key into a section of the service's configuration, whose default has no sections. */
export const configuring = (section: string, line: string): string =>
  `grep -q '^\\[${section}\\]$' /etc/karo/config.toml || printf '\\n[${section}]\\n' >> /etc/karo/config.toml; sed -i '/^\\[${section}\\]$/a ${line}' /etc/karo/config.toml`

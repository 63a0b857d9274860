// Jails under a real systemd: limits of a jail as a whole where it counts memory and tasks, and no socket in a place that jails share.
import { copyFileSync, existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { connectMuscle, type MuscleClient, type RunningJob } from '../../src/agents/muscle/client.ts'
import { landlockVersion } from '../../src/base/kernel/landlock.ts'
import { openPeerCredentials } from '../../src/base/kernel/peer-credentials.ts'
import { silentLog } from '../../src/base/run/log.ts'
import { jobOf, MAKES_SOCKETS } from '../support/muscle/muscle.ts'
import { bootMachine, canBoot, type Machine } from '../support/node/machine.ts'
import { until } from '../support/run/until.ts'

const ROOT = join(import.meta.dirname, '../..')
const MEBIBYTE = 1024 * 1024
const BWRAP = '/usr/bin/bwrap'
const SOCKET = '/run/limits.sock'

/** Of each process of a job, and of each of its directories in memory. */
const EACH = { memory_bytes: 64 * MEBIBYTE, disk_bytes: 8 * MEBIBYTE }
/** Each takes less than a process may, and all together more than the jail may; says how many of them were killed. */
const GREEDY = `pipe my $end, my $all; pipe my $told, my $tell;
my @all = map {
  my $pid = fork // die;
  if (!$pid) { close $all; close $told; my $size = 20 << 20; my $much = 'x' x $size; close $tell; <$end>; exit }
  $pid
} 1 .. 8;
close $tell; <$told>; close $all;
my $killed = grep { waitpid $_, 0; $? & 127 } @all; print $killed`
/** Waits for a word, and says how many children it could begin. */
const FORKS = `<STDIN>; my $count = 0; while ($count < 200) { my $pid = fork; last unless defined $pid; if (!$pid) { sleep 60; exit } $count++ } print $count`

/** Below 2 jails are built without the rule that keeps sockets out of shared places, and say so. */
const landlock = await landlockVersion()
const possible = canBoot()
if (!possible.ok)
  process.stderr.write(`no machine with systemd (${possible.reason}): jails in units are not tried\n`)

describe.runIf(possible.ok && existsSync(BWRAP))('a jail under a real systemd', () => {
  let machine: Machine
  let counts: boolean
  const clients = {} as Record<'bwrap' | 'systemd', MuscleClient>

  beforeAll(async () => {
    machine = await bootMachine(ROOT)
    counts = await machine.count()
    if (!counts)
      process.stderr.write('nothing counts memory in a container here: limits of whole jails are not tried\n')
    copyFileSync(BWRAP, machine.outside('/usr/bin/bwrap'))
    // The container shows the whole of /proc/sys read-only, and bubblewrap forbids further namespaces there.
    await machine.must(
      'mount --bind /proc/sys/user /proc/sys/user && mount -o remount,bind,rw /proc/sys/user',
    )
    const node = join('/packages', relative(ROOT, process.execPath))
    const muscle = `${node} /packages/dist/karo-exec.js --socket ${SOCKET}`
    await machine.must(`systemd-run -q --unit=muscle ${muscle}`)
    const credentials = await openPeerCredentials(silentLog)
    for (const provider of ['bwrap', 'systemd'] as const)
      clients[provider] = await until(
        () => connectMuscle(machine.outside(SOCKET), credentials, { provider }),
        { what: 'karo-exec of the machine listens' },
      )
  })

  /** Starts it; `said` is what it wrote on standard output. */
  async function begin(
    provider: 'bwrap' | 'systemd',
    program: string,
    limits: { readonly tasks?: number; readonly wall_ms?: number } = {},
    /** Directories among its arguments, the first of which it may change. */
    directories: readonly string[] = [],
  ): Promise<RunningJob & { readonly said: () => string }> {
    let said = ''
    const binds = directories.slice(0, 1).map((path) => ({ path, write: true }))
    const spec = jobOf(['/usr/bin/perl', '-e', program, ...directories], { binds })
    const asked = { ...spec, stdin: true, limits: { ...spec.limits, ...EACH, ...limits } }
    const job = await clients[provider].run(asked, ({ bytes }) => {
      said += bytes.toString()
    })
    return { ...job, said: () => said }
  }
  async function toEnd(...words: Parameters<typeof begin>): Promise<string> {
    const job = await begin(...words)
    job.input(Buffer.from('go\n'), true)
    await job.ended
    return job.said()
  }

  test.skipIf(landlock < 2).each(['bwrap', 'systemd'] as const)(
    'makes no socket in a place that it may change, and makes those of its own: %s',
    async (provider) => {
      const shared = `/srv/${provider}`
      await machine.must(`install -d -m 777 ${shared}`)
      const { said, ended } = await begin(provider, MAKES_SOCKETS, {}, [shared, '/home/job'])
      expect(await ended).toMatchObject({ reason: 'exited', code: 0 })
      expect(said()).toBe('no\nno\nmade\nmade\n')
      expect(await machine.must(`ls -A ${shared}`)).toBe('')
    },
  )

  test('gets no more memory than its limit, however many processes share it; bubblewrap alone limits each of them', async ({
    skip,
  }) => {
    skip(!counts)
    expect(Number(await toEnd('systemd', GREEDY))).toBeGreaterThan(0)
    expect(await toEnd('bwrap', GREEDY)).toBe('0')
  })

  test('is counted as a whole: its unit has room for its tasks, and no task more than the unit may have', async ({
    skip,
  }) => {
    skip(!counts)
    const count = async (most?: number): Promise<number> => {
      const job = await begin('systemd', FORKS, { tasks: 20 })
      const units = await machine.must(
        'systemctl list-units --plain --no-legend --state=running "karo-gate-*.service"',
      )
      const [unit = ''] = units.split(' ', 1)
      expect(await machine.show(unit, 'TasksMax', 'MemoryMax', 'RuntimeMaxUSec')).toEqual({
        TasksMax: '23',
        MemoryMax: String(EACH.memory_bytes + 3 * EACH.disk_bytes + 32 * MEBIBYTE),
        RuntimeMaxUSec: '10min 30s',
      })
      // The limit of its processes is below that of its unit, and would be met first.
      if (most !== undefined) await machine.must(`systemctl set-property --runtime ${unit} TasksMax=${most}`)
      job.input(Buffer.from('go\n'), true)
      await job.ended
      return Number(job.said())
    }
    expect(await count()).toBe(19)
    // The keeper, both processes of bubblewrap and the command itself are counted as well.
    expect(await count(10)).toBe(6)
  })
})

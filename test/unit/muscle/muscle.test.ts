// The Muscle as a process: who may connect, what becomes of jails when somebody dies, and how the daemon's room sees it.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { executor, type OutwardDeps } from '../../../src/agents/builtins/outward.ts'
import { tryChange, tryPlaces } from '../../../src/agents/manifest/tried.ts'
import { connectMuscle } from '../../../src/agents/muscle/client.ts'
import { createMuscle } from '../../../src/agents/muscle/muscle.ts'
import { systemClock, systemRandom, systemTimers } from '../../../src/base/clock.ts'
import type { Descriptors } from '../../../src/base/kernel/descriptors.ts'
import { openDescriptors } from '../../../src/base/kernel/descriptors.ts'
import { landlockVersion } from '../../../src/base/kernel/landlock.ts'
import { openPeerCredentials } from '../../../src/base/kernel/peer-credentials.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createFrameReader, encodeFrame } from '../../../src/muscle/contract/frame.ts'
import { PROBE_JOB, type Reply, readReply } from '../../../src/muscle/contract/messages.ts'
import { muscleProgram } from '../../../src/muscle/contract/program.ts'
import { createBwrap } from '../../../src/muscle/jail/bwrap.ts'
import { createLandlock } from '../../../src/muscle/jail/landlock.ts'
import { markOf } from '../../../src/muscle/jail/leftovers.ts'
import { isThere, type Process, processOf } from '../../../src/muscle/jail/process.ts'
import { JailError, type Provider } from '../../../src/muscle/jail/provider.ts'
import { createProviders } from '../../../src/muscle/jail/providers.ts'
import { createVm } from '../../../src/muscle/jail/vm.ts'
import { load, save } from '../../../src/muscle/jail/vm-template.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import {
  freshMark,
  isShort,
  jobOf,
  marked,
  muscleApart,
  muscleHere,
  providersHere,
  runningOf,
  runToEnd,
  templatesHere,
  workDirectory,
} from '../../support/muscle/muscle.ts'
import { testWhere } from '../../support/run/only.ts'
import { track } from '../../support/run/processes.ts'
import { until } from '../../support/run/until.ts'
// In this file too: jails by Landlock share the tasks of their user, so that two files beside each other would take them from one another.
import './jails.cases.ts'

const usable = (await providersHere()).flatMap(({ provider: { name }, problem }) =>
  problem === undefined && !isShort(name) ? [name] : [],
)
const unusable = usable.length === 0
const credentials = openPeerCredentials(silentLog)

/** Of processes that pgrep finds; it never finds itself. */
const pidsOf = (...words: string[]): number[] =>
  spawnSync('pgrep', words, { encoding: 'utf8' }).stdout.split('\n').filter(Boolean).map(Number)

/**
 * The first process of a jail at the socket `path`, as bubblewrap leaves it for ever when it dies before it told that process to go
 * on. The jail begins with a wait that this test never ends.
 */
async function halfBuilt(path: string): Promise<Process> {
  const words = [
    '--unshare-user',
    '--unshare-pid',
    '--ro-bind',
    '/',
    '/',
    '--info-fd',
    '3',
    '--userns-block-fd',
    '4',
  ]
  const child = spawn('/usr/bin/bwrap', [...words, '--', '/bin/true', markOf(path)], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
  })
  let news = ''
  for await (const piece of child.stdio[3] as Readable) {
    news += String(piece)
    if (news.includes('}')) break
  }
  const first = processOf(JSON.parse(news)['child-pid'])
  onTestFinished(() => {
    if (isThere(first)) process.kill(first.pid, 'SIGKILL')
  })
  child.kill('SIGKILL')
  await once(child, 'exit')
  return first
}

/** Of a provider that is only asked whether it could. */
const descriptors = {} as Descriptors

describe('who may connect', () => {
  test('somebody else is turned away before a word, and so is a connection that the kernel says nothing about', async () => {
    for (const options of [
      { brainUid: 4_000_000 },
      { credentials: { note: () => {}, uidOf: () => undefined } },
    ]) {
      const { path } = await muscleHere({ ...options, connect: false })
      const socket = connect(path)
      let heard = 0
      socket.on('data', (bytes) => {
        heard += bytes.length
      })
      socket.on('error', () => {})
      await once(socket, 'close')
      expect(heard).toBe(0)
    }
  })

  test('the Brain turns away a Muscle of another user, and a socket where others could put theirs', async () => {
    const { path } = await muscleHere({ connect: false })
    await expect(connectMuscle(path, { note: () => {}, uidOf: () => 4_000_000 })).rejects.toMatchObject({
      code: 'unavailable',
    })
    const open = join(temporaryDirectory(), 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    await expect(connectMuscle(join(open, 'x.sock'), await credentials)).rejects.toMatchObject({
      code: 'refused',
    })
  })

  test.each([
    ['garbage', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an unknown request', encodeFrame({ op: 'shell', id: 1 })],
    ['bytes behind a request that has none', encodeFrame({ op: 'status', id: 1 }, Buffer.from('x'))],
  ])('%s ends the connection, and the Muscle goes on', async (_, bytes) => {
    const { client, path } = await muscleHere()
    const socket = connect(path)
    socket.on('error', () => {})
    socket.resume()
    socket.write(bytes)
    await once(socket, 'close')
    expect(await client.status()).toMatchObject({ jobs: 0 })
  })
})

test.skipIf(unusable)(
  'the Muscle itself refuses a job that runs already, whatever its Brain forgot',
  async () => {
    const { path } = await muscleHere({ connect: false })
    const socket = connect(path)
    onTestFinished(() => void socket.destroy())
    const reader = createFrameReader()
    const replies: Reply[] = []
    socket.on('data', (piece) => {
      for (const { header } of reader.push(piece)) replies.push(readReply(header))
    })
    const spec = { ...jobOf(['/usr/bin/sleep', '86396']), op: 'run', provider: null, net: false }
    for (const id of [1, 2]) socket.write(encodeFrame({ ...spec, id }))
    await until(() => replies.filter(({ op }) => op === 'answer' || op === 'refused').length === 2, {
      what: 'both requests are answered',
    })
    expect(replies).toContainEqual(expect.objectContaining({ op: 'refused', id: 2, code: 'conflict' }))
    expect(replies).toContainEqual(expect.objectContaining({ op: 'answer', id: 1 }))
  },
)

test.skipIf(unusable)(
  'a place is kept for seeing whether jails can be built, also in a full house',
  async () => {
    const { client } = await muscleHere({ mostJails: 1 })
    const sleeping = jobOf(['/usr/bin/sleep', '86395'])
    await client.run(sleeping, () => {})
    await expect(client.run(jobOf(['/usr/bin/true']), () => {})).rejects.toMatchObject({
      message: expect.stringContaining('as many jails run as may run') as unknown,
    })
    const look = await client.run({ ...jobOf(['/usr/bin/true']), job: `${PROBE_JOB}1` }, () => {})
    expect(await look.ended).toMatchObject({ reason: 'exited', code: 0 })
    await client.cancel(sleeping.job)
  },
)

test.each(usable)(
  'a job that is cancelled while its jail is built never runs, with jails by %s',
  async (name) => {
    const built = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    // Of this test alone: whoever serves ends the jails that others have at the same socket.
    const real = (await createProviders([], temporaryDirectory(), templatesHere(), false)).find(
      (one) => one.name === name,
    )
    if (real === undefined) throw new Error(`there is no ${name}`)
    const { client } = await muscleHere({
      providers: [
        {
          ...real,
          async start(spec) {
            built.resolve()
            await go.promise
            return real.start(spec)
          },
        },
      ],
    })
    const spec = jobOf(['/usr/bin/echo', 'it ran'])
    const running = client.run(spec, () => {})
    await built.promise
    expect(await client.cancel(spec.job)).toBe(true)
    go.resolve()
    await expect(running).rejects.toMatchObject({ message: 'it was cancelled before it ran' })
    await until(async () => (await client.list()).length === 0, { what: 'its place is free' })
  },
)

test('of the directories above a place the first one that may not be entered is named, with what opens it', () => {
  const shut = join(temporaryDirectory(), 'shut')
  mkdirSync(join(shut, 'a/b'), { recursive: true })
  chmodSync(shut, 0)
  const source = resolve('src/muscle/jail/places.ts')
  const code = `import { judgePlaces } from ${JSON.stringify(source)}
    judgePlaces([{ path: process.argv[1], write: false }], [])`
  const uid = process.getuid?.()
  // Root may enter every directory, unless it gives that up.
  const less = uid === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : []
  const [program = '', ...words] = [
    ...less,
    process.execPath,
    '--input-type=module',
    '-e',
    code,
    join(shut, 'a/b'),
  ]
  const { stderr } = spawnSync(program, words, { encoding: 'utf8' })
  expect(stderr).toContain(
    `${shut} is closed: for homes ProtectHome=no (systemctl edit karo-exec, restart it), then setfacl -m u:${uid}:x ${shut}`,
  )
})

test('the Muscle overwrites the secrets of a job, whether it ran or was refused', async () => {
  const kept: Buffer[] = []
  const seen: string[] = []
  let fails = false
  const keeping: Provider = {
    name: 'bwrap',
    cannot: [],
    endLeftovers: () => 0,
    problem: () => undefined,
    async start({ secrets }) {
      kept.push(...secrets)
      seen.push(...secrets.map(String))
      if (fails) throw new JailError('bad_path', 'not that place')
      return {
        stdin: undefined,
        stdout: Readable.from([]),
        stderr: Readable.from([]),
        kill: () => {},
        ended: Promise.resolve({ code: 0, signal: null }),
      }
    },
  }
  const { client } = await muscleHere({ providers: [keeping] })
  const spec = (name: string) =>
    jobOf([], { argv: ['/x'], secrets: [{ name, bytes: Buffer.from('a secret') }] })
  await (await client.run(spec('A'), () => {})).ended
  fails = true
  await expect(client.run(spec('B'), () => {})).rejects.toThrow('not that place')
  expect(seen).toEqual(['a secret', 'a secret'])
  expect(kept.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true, true])
})

test('a job whose way out cannot be listened on is ended, and does not wait for it for ever', async () => {
  const file = join(temporaryDirectory(), 'file')
  writeFileSync(file, '')
  const listener = openSync(file, 'r')
  let over = (): void => {}
  const deaf: Provider = {
    name: 'bwrap',
    cannot: [],
    endLeftovers: () => 0,
    problem: () => undefined,
    async start() {
      const ended = new Promise<void>((resolve) => {
        over = resolve
      })
      return {
        stdin: undefined,
        stdout: Readable.from([]),
        stderr: Readable.from([]),
        listener,
        kill: () => over(),
        ended: ended.then(() => ({ code: null, signal: 'SIGKILL' })),
      }
    },
  }
  const { client } = await muscleHere({ providers: [deaf] })
  const job = await client.run(
    jobOf(['/x']),
    () => {},
    () => {},
  )
  expect(await job.ended).toMatchObject({ reason: 'lost' })
  // The number may be another file's by now.
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  expect(open).not.toContain(file)
})

test('a Muscle that does not greet in time is hung up on', async () => {
  const path = join(temporaryDirectory(), 'mute.sock')
  const gone = Promise.withResolvers<void>()
  const mute = createServer((socket) =>
    socket
      .on('error', () => {})
      .once('close', () => gone.resolve())
      .resume(),
  )
  mute.listen(path)
  await once(mute, 'listening')
  onTestFinished(() => void mute.close())
  await expect(
    connectMuscle(path, await credentials, { signal: AbortSignal.timeout(2_000) }),
  ).rejects.toMatchObject({
    code: 'unavailable',
  })
  await gone.promise
})

describe('no sandbox, no run', () => {
  const none: Provider = {
    name: 'bwrap',
    cannot: [],
    endLeftovers: () => 0,
    problem: () => 'it is not installed',
    start: () => Promise.reject(new Error('it must not be asked')),
  }

  test('without a provider that works, a job is refused with the reason', async () => {
    const { client } = await muscleHere({ providers: [none] })
    await expect(client.run(jobOf(['/usr/bin/true']), () => {})).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('no jail works here') as unknown,
    })
    expect((await client.status()).providers).toEqual([{ provider: 'bwrap', problem: 'it is not installed' }])
  })

  test('a machine without bubblewrap, or one that no filter is written for, has a reason', () => {
    expect(
      createBwrap({ descriptors, closed: [], socket: '', landlock: 2, program: '/no/bwrap' }).problem(),
    ).toContain('/no/bwrap')
    expect(
      createBwrap({ descriptors, closed: [], socket: '', landlock: 2, machine: 'riscv64' }).problem(),
    ).toContain('riscv64')
  })

  test('what keeps jails from making sockets is said to be missing, whether it is Landlock or Perl', () => {
    const root = temporaryDirectory()
    const cannot = (landlock: number) =>
      createBwrap({ descriptors, closed: [], socket: '', landlock, root }).cannot
    expect(cannot(2)).toEqual([
      expect.stringMatching(/hand each other .*: there is no \/usr\/bin\/perl$/),
      expect.stringMatching(/compared before .*: there is no \/usr\/bin\/perl$/),
    ])
    mkdirSync(join(root, 'usr/bin'), { recursive: true })
    writeFileSync(join(root, 'usr/bin/perl'), '')
    expect(cannot(2)).toEqual([])
    expect(cannot(1)[0]).toContain('Landlock is version 1, and it takes version 2')
    expect(cannot(0)[0]).toContain('no Landlock, or it is refused, and it takes version 2')
  })

  test('a machine without QEMU, a kernel with 9P, or busybox without libraries says which package it takes', async () => {
    const root = temporaryDirectory()
    const vm = (qemu: string) =>
      createVm({
        descriptors,
        closed: [],
        socket: '',
        timers: systemTimers,
        now: systemClock.now,
        roots: [root],
        qemu,
        program: process.execPath,
      })
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    const why = () => vm(process.execPath).problem()
    expect(vm('/no/qemu').problem()).toContain('qemu-system-x86')
    put('boot/vmlinuz-6.1', '')
    put('lib/modules/6.1/kernel/net/core/failover.ko', '')
    expect(why()).toContain('linux-image-amd64')
    put('lib/modules/6.1/kernel/fs/9p/9p.ko', '')
    put('bin/busybox', 'ELF /lib64/ld-linux-x86-64.so.2')
    expect(why()).toContain('busybox-static')
    await expect(
      vm(process.execPath).start({ ...jobOf([]), wanted: () => true, secrets: [] }),
    ).rejects.toThrow('busybox-static')
    put('bin/busybox', 'ELF')
    expect(why()).toBeUndefined()
  })

  test('what guests begin with is kept whole, or not used', async () => {
    const folder = join(temporaryDirectory(), 'templates')
    const path = join(folder, 'key')
    const means = { descriptors: await openDescriptors(), size: 1024 * 1024 }
    const memory = means.descriptors.blankFile('memory')
    ftruncateSync(memory, means.size)
    writeSync(memory, 'something', 700_000)
    save(folder, path, { accelerator: 'tcg', memory, state: Buffer.from('state') })
    const kept = load(path, means)
    expect(kept).toMatchObject({ accelerator: 'tcg', state: Buffer.from('state') })
    const read = (file: number) => readFileSync(`/proc/self/fd/${file}`)
    expect(read(kept?.memory as number).equals(read(memory))).toBe(true)
    expect(() => writeSync(kept?.memory as number, 'x', 0)).toThrow('EPERM')
    for (const file of [kept?.memory as number, memory]) closeSync(file)
    const bytes = readFileSync(path)
    bytes[bytes.length - 1] = 1
    for (const damaged of [bytes, bytes.subarray(0, 40), Buffer.alloc(0)]) {
      writeFileSync(path, damaged)
      expect(load(path, means)).toBeUndefined()
    }
    expect(load(join(folder, 'another'), means)).toBeUndefined()
  })

  test('a machine whose Landlock is missing or too old, or that has no Perl, has a reason', async () => {
    const landlock = (more: object) =>
      createLandlock({
        descriptors,
        closed: [],
        socket: '',
        version: 7,
        timers: systemTimers,
        ...more,
      })
    for (const [more, why] of [
      [{ version: 0 }, 'has no Landlock'],
      [{ version: 5 }, 'Linux 6.12'],
      [{ program: '/no/perl' }, '/no/perl'],
      [{ machine: 'riscv64' }, 'riscv64'],
    ] as const) {
      expect(landlock(more).problem()).toContain(why)
      await expect(landlock(more).start({ ...jobOf([]), wanted: () => true, secrets: [] })).rejects.toThrow(
        why,
      )
    }
  })
})

test.each(usable.filter((name) => name !== 'vm'))(
  'a limit that karo-exec was started with and that is stricter stays in jails by %s',
  async (provider) => {
    const { client, child } = await muscleApart([], undefined, provider)
    // Of open files, bytes of a file, and seconds of a processor.
    const given = ['--nofile=200', '--fsize=4194304', '--cpu=30']
    spawnSync('prlimit', ['--pid', String(child.pid), ...given])
    const told = jobOf(['/bin/bash', '-c', 'ulimit -Hn; ulimit -Hf; ulimit -Ht; ulimit -Hd'])
    const { out, err } = await runToEnd(client, told)
    expect({ out, err }).toEqual({ out: '200\n4096\n30\n524288\n', err: '' })
  },
)

describe.each(usable)('when somebody dies, with jails by %s', (provider) => {
  const apart = (more: readonly string[] = [], path?: string) => muscleApart(more, path, provider)
  const running = (mark: string) => runningOf(provider, mark)
  /** Of so many processes of a job, those that are seen from outside. */
  const seen = (processes: number) => (provider === 'vm' ? 1 : processes)
  // With room for what jails of other tests take: without a user namespace they are all of one user, and a shell that lacks a
  // process ends.
  const limits = { ...jobOf([]).limits, tasks: 256 }
  const long = (mark: string) =>
    jobOf(['/bin/sh', '-c', 'setsid sleep "$1" & sleep "$1"', 'sh', mark], { limits })

  test('kill -9 of the Muscle leaves no process of a jail', async () => {
    const { client, child } = await apart()
    const mark = freshMark()
    const job = await client.run(long(mark), () => {})
    await until(() => running(mark).length === seen(2), { what: 'the jail runs' })
    child.kill('SIGKILL')
    await expect(job.ended).rejects.toMatchObject({ code: 'unavailable' })
    await until(() => running(mark).length === 0, { what: 'nothing is left' })
  })

  testWhere(provider === 'landlock')(
    'kill -9 while jails are being built leaves nothing of them',
    async () => {
      const mark = freshMark()
      for (let round = 0; round < 3; round++) {
        const { client, child, path } = await apart()
        const jobs = Array.from({ length: 4 }, () => client.run(long(mark), () => {}).catch(() => {}))
        // Each round a little later in their building.
        await Promise.race([new Promise((resolve) => setTimeout(resolve, 8 * round)), Promise.all(jobs)])
        child.kill('SIGKILL')
        await Promise.all(jobs)
        await until(() => running(mark).length === 0 && pidsOf('-f', '--', markOf(path)).length === 0, {
          what: 'nothing is left',
        })
      }
    },
  )

  testWhere(provider === 'bwrap')(
    'kill -9 while jails are being built lets none of them run, and the next one there ends what is left',
    async () => {
      const mark = freshMark()
      for (let round = 0; round < 3; round++) {
        const { client, child, path } = await apart()
        const other = await halfBuilt('/another.sock')
        const jobs = Array.from({ length: 4 }, () => client.run(long(mark), () => {}).catch(() => {}))
        // Each round a little later in their building.
        await Promise.race([new Promise((resolve) => setTimeout(resolve, 8 * round)), Promise.all(jobs)])
        child.kill('SIGKILL')
        await Promise.all(jobs)
        const half = await halfBuilt(path)
        await until(() => running(mark).length === 0, { what: 'none of them runs' })
        await apart([], path)
        await until(() => !isThere(half) && pidsOf('-f', '--', `${markOf(path)} .* ${mark}$`).length === 0, {
          what: 'nothing is left',
        })
        expect(isThere(other), 'what belongs to another Muscle').toBe(true)
      }
    },
  )

  test('the end of the Brain ends a Muscle that is its child, with its jails', async () => {
    const { client, child } = await apart(['--with-parent'])
    const mark = freshMark()
    await client.run(long(mark), () => {})
    await until(() => running(mark).length === seen(2), { what: 'the jail runs' })
    child.stdin?.end()
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(0)
    expect(running(mark)).toEqual([])
  })

  test('the killed process of a jail that is outside takes it along, and the job is told as killed', async () => {
    const { client, child } = await apart()
    const mark = freshMark()
    const job = await client.run(long(mark), () => {})
    await until(() => running(mark).length === seen(2), { what: 'the jail runs' })
    for (const pid of pidsOf('-P', String(child.pid))) process.kill(pid, 'SIGKILL')
    expect(await job.ended).toMatchObject({ code: null, signal: 'SIGKILL' })
    expect(running(mark)).toEqual([])
  })

  testWhere(provider === 'landlock')('the keeper next to the jail ends it when it is killed', async () => {
    const { client, child } = await apart()
    const mark = freshMark()
    const job = await client.run(long(mark), () => {})
    await until(() => running(mark).length === seen(2), { what: 'the jail runs' })
    const keepers = pidsOf('-P', String(child.pid)).flatMap((outer) => pidsOf('-P', String(outer)))
    expect(keepers.length).toBe(1)
    for (const pid of keepers) process.kill(pid, 'SIGKILL')
    expect(await job.ended).toMatchObject({ code: null, signal: 'SIGKILL' })
    expect(running(mark)).toEqual([])
  })

  test('a fork bomb, each of which goes off by itself, ends as a whole', async () => {
    const { client } = await apart()
    const mark = freshMark()
    // A shell gives up at the first fork that fails, and the job might end with it; this program tries again.
    const bomb = `my $mark = shift; while (1) { for my $again (0, 1) {
      my $child = fork; if (!defined $child) { select undef, undef, undef, 0.01; redo }
      next if $child; POSIX::setsid(); exec 'sleep', $mark if !$again; last } }`
    // Few, because jails of other tests of this user lack what this one has.
    const few = { ...jobOf([]).limits, tasks: 16 }
    const job = await client.run(
      jobOf(['/usr/bin/perl', '-MPOSIX', '-e', bomb, mark], { limits: few }),
      () => {},
    )
    await until(() => running(mark).length > seen(5) - 1, { what: 'it goes off' })
    await client.cancel(jobName(await client.list()))
    expect(await job.ended).toMatchObject({ reason: 'cancelled' })
    expect(running(mark)).toEqual([])
  })
})

test.skipIf(!usable.includes('landlock'))(
  'the limit of tasks of a jail follows what its user has',
  async () => {
    let look = (): void => {}
    const provider = createLandlock({
      descriptors: await openDescriptors(),
      closed: [],
      socket: temporaryDirectory(),
      version: await landlockVersion(),
      timers: {
        ...systemTimers,
        after(_, run) {
          look = run
          return () => {}
        },
      },
    })
    const { client } = await muscleHere({ providers: [provider] })
    const [mark, others] = [freshMark(), freshMark()]
    await client.run(jobOf(['/usr/bin/sleep', mark]), () => {})
    await until(() => marked(mark).length === 1, { what: 'the jail runs' })
    const limits = (): number[] => {
      const text = readFileSync(`/proc/${marked(mark)[0]}/limits`, 'utf8')
      const words = (/^Max processes +(\S+) +(\S+)/m.exec(text) ?? []).slice(1)
      return words.map((word) => (word === 'unlimited' ? Number.POSITIVE_INFINITY : Number(word)))
    }
    const own = jobOf([]).limits.tasks
    // Jails of other tests may hold the tasks of this user for a moment.
    const script = `for (1 .. 20) { my $child = fork; if (!defined $child) { select undef, undef, undef, 0.01; redo }
      exec 'sleep', $ARGV[0] if !$child } 1 while wait != -1`
    await client.run(jobOf(['/usr/bin/perl', '-e', script, others]), () => {})
    const [, hard] = limits()
    const follows = (): boolean => {
      look()
      return marked(others).length === 20 && (limits()[0] ?? 0) > own + 20
    }
    await until(follows, { what: 'the limit is higher by the tasks of the other jail' })
    // Nobody lowers it but the look, by what others have no more.
    const [before = 0] = limits()
    for (const pid of marked(others)) process.kill(pid, 'SIGKILL')
    const lower = (): boolean => {
      look()
      return (limits()[0] ?? 0) < before
    }
    await until(lower, { what: 'the limit is lower again' })
    expect(limits()[1]).toBe(hard)
  },
)

const jobName = ([first]: readonly { readonly job: string }[]): string => first?.job ?? ''

test('where one way cannot build a jail the next is tried, and the answer says which it was', async () => {
  const [works] = (await providersHere()).filter(({ problem }) => problem === undefined)
  if (works === undefined) return
  let tried = 0
  const forbidden: Provider = {
    name: 'bwrap',
    cannot: [],
    endLeftovers: () => 0,
    problem: () => undefined,
    start() {
      tried += 1
      return Promise.reject(new JailError('no_sandbox', 'namespaces are forbidden here', true))
    },
  }
  const { client } = await muscleHere({ providers: [forbidden, works.provider] })
  const secret = Buffer.from('a secret')
  const spec = jobOf(['/bin/sh', '-c', 'cat "$KARO_SECRET_A"'], { secrets: [{ name: 'A', bytes: secret }] })
  expect((await runToEnd(client, spec)).out).toBe('a secret')
  expect(tried).toBe(1)
  const last: Provider = {
    ...forbidden,
    name: 'landlock',
    start: () => Promise.reject(new JailError('bad_path', 'not that place')),
  }
  const neither = await muscleHere({ providers: [forbidden, last] })
  await expect(neither.client.run(jobOf(['/usr/bin/true']), () => {})).rejects.toThrow(
    'not that place; before that, by bwrap: namespaces are forbidden here',
  )
  // What is refused for another reason is refused.
  const refusing: Provider = {
    ...forbidden,
    start: () => Promise.reject(new JailError('bad_path', 'not that place')),
  }
  const other = await muscleHere({ providers: [refusing, works.provider] })
  await expect(other.client.run(jobOf(['/usr/bin/true']), () => {})).rejects.toThrow('not that place')
  // So is what took too long, or could not be begun: a machine that is only busy gets no weaker jail.
  const slow: Provider = {
    ...forbidden,
    start: () => Promise.reject(new JailError('no_sandbox', 'it took too long')),
  }
  const busy = await muscleHere({ providers: [slow, works.provider] })
  await expect(busy.client.run(jobOf(['/usr/bin/true']), () => {})).rejects.toThrow('it took too long')
  // Nor does a job whose jail somebody makes fail, where others could be built.
  let built = 0
  const once: Provider = {
    ...forbidden,
    start(job) {
      built += 1
      return built === 1 ? works.provider.start(job) : forbidden.start(job)
    },
  }
  const attacked = await muscleHere({ providers: [once, works.provider] })
  expect((await runToEnd(attacked.client, jobOf(['/usr/bin/true']))).ended.code).toBe(0)
  await expect(attacked.client.run(jobOf(['/usr/bin/true']), () => {})).rejects.toThrow('are forbidden here')
})

test('the Muscle says at its start what jails do not hold: a warning for the first usable kind, a note for others', async () => {
  const told: object[] = []
  const tell = (level: string) => (fields: object) => void told.push({ level, ...fields })
  const log = { ...silentLog, warn: tell('warn'), info: tell('info') }
  const kind: Provider = {
    name: 'bwrap',
    cannot: ['this', 'that'],
    endLeftovers: () => 0,
    problem: () => undefined,
    start: () => Promise.reject(new Error('nobody asks')),
  }
  const absent: Provider = { ...kind, cannot: ['else'], problem: () => 'it is not there' }
  const second: Provider = { ...kind, name: 'landlock', cannot: ['more'] }
  await muscleHere({ providers: [kind, absent, second], log, connect: false })
  expect(told.filter((one) => 'cannot' in one)).toEqual([
    { level: 'warn', provider: 'bwrap', cannot: 'this' },
    { level: 'warn', provider: 'bwrap', cannot: 'that' },
    { level: 'info', provider: 'landlock', cannot: 'more' },
  ])
})

// Where a template of theirs is made already.
const vm = (await providersHere()).find(({ provider }) => provider.name === 'vm')
// The daemon's user owns what it makes, so only root can give a file that everybody may write and that is not the jail's own.
const whyNot = process.getuid?.() === 0 ? vm?.problem : 'only root gives files that are not its own'
test.skipIf(vm === undefined || whyNot !== undefined)(
  `what a small virtual machine cannot write over is named for kExecutor${whyNot === undefined ? '' : `: ${whyNot}`}`,
  async () => {
    const { client } = await muscleHere({ providers: [vm?.provider as Provider] })
    const outward: OutwardDeps = {
      muscle: { client: async () => client },
      timers: systemTimers,
      random: systemRandom,
      models: { count: () => 0, look: async () => [], chat: () => Promise.reject(new Error('no model')) },
    }
    const path = workDirectory()
    for (const name of ['fixed', 'free', 'own']) writeFileSync(join(path, name), 'before')
    chmodSync(join(path, 'fixed'), 0o444)
    for (const name of ['free', 'own']) chmodSync(join(path, name), 0o666)
    chownSync(join(path, 'own'), 65_534, 65_534)
    const binds = [{ path, write: true }]
    const traceId = '0af7651916cd43dd8448eb211c80319c'
    expect([...(await tryPlaces(outward, binds, traceId))].sort()).toEqual([
      join(path, 'fixed'),
      join(path, 'free'),
    ])
    const card = tryChange(outward, { binds, traceId }, join(path, 'free'))
    expect(await card).toContain(`chown 65534 ${join(path, 'free')}`)
    const [exec] = executor(outward).tools
    const argv = ['sh', '-c', 'echo after >own; echo after >free']
    const { signal } = new AbortController()
    await exec?.run(
      { argv, cwd: path, read: [], write: [path] },
      {
        person: 0,
        signal,
        traceId,
        code: [],
      },
    )
    expect(['free', 'own'].map((name) => readFileSync(join(path, name), 'utf8'))).toEqual([
      'before',
      'after\n',
    ])
  },
)

test.each([
  ['ends with a code', 'exit 1', true],
  ['is killed', 'kill -9 $$', false],
])('where the program of bubblewrap %s, another way is tried: %s', async (_, script, endedItself) => {
  const directory = workDirectory()
  const program = join(directory, 'bwrap')
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  chmodSync(program, 0o755)
  const failing = createBwrap({
    landlock: 0,
    descriptors: await openDescriptors(),
    closed: [],
    socket: directory,
    program,
  })
  const started = failing.start({ ...jobOf(['/usr/bin/true']), wanted: () => true, secrets: [] })
  await expect(started).rejects.toMatchObject({ code: 'no_sandbox', endedItself })
})

describe.skipIf(unusable)('the room of the daemon', () => {
  test('is locked until a jail has run, again at once when karo-exec is lost, and ready when it is back', async () => {
    const path = join(temporaryDirectory(), 'exec', 'karo-exec.sock')
    const muscle = createMuscle({
      way: 'start',
      path,
      provider: null,
      closed: [],
      state: '/nowhere',
      credentials: () => credentials,
      clock: systemClock,
      timers: systemTimers,
      log: silentLog,
    })
    onTestFinished(() => muscle.stop())
    expect(muscle.health?.()).toMatchObject([{ name: 'agents.muscle', ok: false }])
    await expect(muscle.client()).rejects.toThrow('karo-exec')
    await muscle.start(new AbortController().signal)
    expect(muscle.state().state).toBe('locked')
    const client = await muscle.client()
    expect(muscle.state().state).toBe('ready')
    expect(muscle.health?.()).toMatchObject([{ ok: true }])
    const first = pidOf(path)
    process.kill(first, 'SIGKILL')
    await client.closed
    expect(muscle.state().state).toBe('locked')
    await expect(muscle.client()).rejects.toThrow('karo-exec')
    await until(() => muscle.state().state === 'ready', { what: 'it is back' })
    expect(pidOf(path)).not.toBe(first)
    expect((await runToEnd(await muscle.client(), jobOf(['/usr/bin/true']))).ended.code).toBe(0)
  })

  test('says at once why karo-exec cannot begin, and does not call that starting', async () => {
    const file = join(temporaryDirectory(), 'file')
    writeFileSync(file, '')
    const muscle = createMuscle({
      way: 'start',
      path: join(file, 'karo-exec.sock'),
      provider: null,
      closed: [],
      state: '/nowhere',
      credentials: () => credentials,
      clock: systemClock,
      timers: systemTimers,
      log: silentLog,
    })
    onTestFinished(() => muscle.stop())
    await muscle.start(new AbortController().signal)
    await expect(muscle.client()).rejects.toThrow(`EEXIST: file already exists, mkdir '${file}'`)
  })

  test('has nothing to lock when agents are off', async () => {
    const deps = {
      path: '/nowhere/x',
      provider: null,
      closed: [],
      state: '/nowhere',
      credentials: () => credentials,
      clock: systemClock,
      timers: systemTimers,
      log: silentLog,
    }
    const muscle = createMuscle({ ...deps, way: 'off' })
    await muscle.start(new AbortController().signal)
    expect(muscle.state()).toMatchObject({ state: 'off' })
    expect(muscle.health?.()).toEqual([])
    await expect(muscle.client()).rejects.toThrow('agents are off')
    expect(existsSync('/nowhere')).toBe(false)
  })

  const pidOf = (path: string): number => pidsOf('-f', '--', `--socket ${path}`)[0] ?? Number.NaN
})

describe.skipIf(unusable)('karo-exec --probe', () => {
  // Jails of root run as nobody, who may not reach a checkout below somebody's home.
  const [runtime, file] = muscleProgram()
  const reached = spawnSync(runtime, ['--check', file], { uid: 65_534, gid: 65_534, cwd: '/' }).status === 0
  // The jail is given the program and its packages by their real paths, and no links between them.
  const isLinked = lstatSync(join(import.meta.dirname, '../../../node_modules')).isSymbolicLink()
  const canReach = (reached || process.getuid?.() !== 0) && !isLinked
  if (!canReach)
    console.warn(`not tried: ${isLinked ? 'node_modules is a link' : `nobody cannot read ${file}`}`)

  // As this user; as root, also as somebody without rights, which daemons run as.
  const users = process.getuid?.() === 0 ? [undefined, 65_534] : [undefined]

  test.skipIf(!canReach).each(users)('every attempt to get out is held (uid %s)', async (uid) => {
    const child = track(
      spawn(runtime, [file, '--probe'], {
        stdio: ['ignore', 'pipe', 'inherit'],
        ...(uid !== undefined && { uid, gid: uid }),
      }),
    )
    let told = ''
    for await (const piece of child.stdout) told += String(piece)
    const { probes } = JSON.parse(told) as { probes: { probe: string; held: boolean }[] }
    expect(probes.filter(({ held }) => !held)).toEqual([])
    expect(probes.map(({ probe }) => probe)).toEqual(
      expect.arrayContaining(['read_host', 'network', 'fork_bomb', 'memory', 'orphan', 'privileges']),
    )
  })
})

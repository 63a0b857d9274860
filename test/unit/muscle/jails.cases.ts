// What every kind of jail promises, by one suite for all that work on this machine: from a request to the end of a job. muscle.test.ts runs it.
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type JobSpec, OtherCode } from '../../../src/agents/muscle/client.ts'
import { systemClock, systemTimers } from '../../../src/base/clock.ts'
import { openDescriptors } from '../../../src/base/kernel/descriptors.ts'
import { landlockVersion } from '../../../src/base/kernel/landlock.ts'
import { CLOSED, contentAt } from '../../../src/muscle/contract/content.ts'
import { WINDOW_BYTES } from '../../../src/muscle/contract/messages.ts'
import { MOST_PIPES } from '../../../src/muscle/contract/pipes.ts'
import { createBwrap } from '../../../src/muscle/jail/bwrap.ts'
import { createLandlock } from '../../../src/muscle/jail/landlock.ts'
import { createVm } from '../../../src/muscle/jail/vm.ts'
import { HANG_UP } from '../../../src/muscle/probes/tries.ts'
import {
  freshMark,
  isShort,
  jobOf,
  MAKES_SOCKETS,
  muscleHere,
  providersHere,
  runningOf,
  runToEnd,
  templatesHere,
  workDirectory,
} from '../../support/muscle/muscle.ts'
import { testWhere } from '../../support/run/only.ts'
import { until } from '../../support/run/until.ts'

const sh = (script: string, ...args: string[]) => ['/bin/sh', '-c', script, 'sh', ...args]
const { limits } = jobOf([])
const landlock = await landlockVersion()

for (const { provider, problem } of await providersHere()) {
  if (problem !== undefined) {
    // One test for all of them, because there is one reason.
    test.skip(`a jail by ${provider.name}: ${problem}`, () => {})
    continue
  }
  const here = () => muscleHere({ providers: [provider] })
  /** Whether parts of what is given can be covered; Landlock cannot, and refuses what would need it. */
  const covers = provider.name !== 'landlock'
  const isVm = provider.name === 'vm'
  const whole = !isShort(provider.name)
  const usual = testWhere(whole)
  /** What is seen from outside of a job that runs three processes. */
  const running = (mark: string) => runningOf(provider.name, mark)
  const seen = isVm ? 1 : 3

  describe(`a jail by ${provider.name}`, () => {
    test('runs a program with its arguments as they are, and tells how it ended', async () => {
      const { client } = await here()
      const odd = ['$(id)', '; rm -rf /', '"', '\n', '*', '--', '']
      const { out, ended } = await runToEnd(client, jobOf(['/usr/bin/printf', '[%s]', ...odd]))
      expect(out).toBe(odd.map((one) => `[${one}]`).join(''))
      expect(ended).toMatchObject({ reason: 'exited', code: 0, signal: null })
      expect((await runToEnd(client, jobOf(sh('exit 7')))).ended).toMatchObject({ reason: 'exited', code: 7 })
      expect((await runToEnd(client, jobOf(['/no/such/program']))).ended.code).toBe(127)
    })

    testWhere(isVm)(
      'begins with random numbers, the time and a kernel of its own, though all have one template',
      async () => {
        const { client } = await here()
        const script = 'od -An -N16 -tx1 /dev/urandom; date +%s; cat /proc/version'
        const { out } = await runToEnd(client, jobOf(sh(script)))
        const others = await runToEnd(client, jobOf(sh(script)))
        const [random, time, version] = out.split('\n')
        expect(random).toMatch(/^( [0-9a-f]{2}){16}$/)
        expect(random).not.toBe(others.out.split('\n')[0])
        // Its template may be days old.
        expect(Math.abs(Number(time) - systemClock.now() / 1000)).toBeLessThan(3_600)
        expect(version).not.toBe(readFileSync('/proc/version', 'utf8').trim())
      },
    )

    testWhere(whole && covers)(
      'leads what it connects to its own port out to the Brain, and nothing else anywhere',
      async () => {
        const { client } = await here()
        const heard: string[] = []
        const script = `
use Socket;
sub dial { my ($host, $port) = @_; socket(my $one, 2, 1, 0); connect($one, pack_sockaddr_in($port, inet_aton $host)) ? $one : undef }
for my $many (0, 3_000_000) {
  my $way = dial('127.0.0.1', 3128) or die "no way out: $!";
  syswrite $way, 'x' x $many . "$many bytes\n";
  shutdown $way, 1;
  my $answer = do { local $/; <$way> };
  print length $answer, "\n";
}
print defined dial($_, 3129) ? "$_ was reached\n" : "no\n" for '127.0.0.1', '10.0.0.1', '192.0.2.1';
print -e '/dev/fd/4' ? "4 is open\n" : "closed\n";
print "$ENV{HTTPS_PROXY} $ENV{http_proxy}\n";
`
        let out = ''
        const job = await client.run(
          jobOf(['/usr/bin/perl', '-e', script]),
          ({ bytes }) => {
            out += String(bytes)
          },
          (stream) => {
            let text = ''
            stream.setEncoding('latin1').on('data', (piece: string) => {
              text += piece
            })
            stream.on('end', () => {
              heard.push(text)
              stream.end(text.repeat(2))
            })
          },
        )
        expect(await job.ended).toMatchObject({ reason: 'exited', code: 0 })
        expect(out.split('\n')).toEqual([
          ...['16', String(2 * (3_000_000 + '3000000 bytes\n'.length)), 'no', 'no', 'no', 'closed'],
          ...['http://127.0.0.1:3128 http://127.0.0.1:3128', ''],
        ])
        expect(heard.map((text) => text.length)).toEqual([8, 3_000_014])
      },
    )

    testWhere(whole && covers)(
      'tells of a connection beyond those that it may have at once, and the others go on',
      async () => {
        const { client } = await here()
        const open: Duplex[] = []
        const script = `
use Socket;
sub dial { socket(my $one, 2, 1, 0); connect($one, pack_sockaddr_in(3128, inet_aton '127.0.0.1')) || die $!; $one }
my @open = map { dial() } 1 .. ${MOST_PIPES};
my $more = dial();
my ($status) = split /\\r\\n/, do { local $/; <$more> };
print "$status\\n";
syswrite $open[-1], "and now?";
shutdown $open[-1], 1;
my $answer = readline $open[-1];
print $answer;
`
        let out = ''
        const job = await client.run(
          jobOf(['/usr/bin/perl', '-e', script]),
          ({ bytes }) => {
            out += String(bytes)
          },
          (stream) => {
            open.push(stream)
            stream.on('end', () => stream.end('answered')).resume()
          },
        )
        expect(await job.ended).toMatchObject({ reason: 'exited', code: 0 })
        expect(out).toBe('HTTP/1.1 503 Service Unavailable\nanswered')
        expect(open.length).toBe(MOST_PIPES)
      },
    )

    testWhere(whole && !covers)(
      'refuses what is to reach the network, because it makes no sockets',
      async () => {
        const { client } = await here()
        await expect(
          client.run(
            jobOf(['/usr/bin/true']),
            () => {},
            () => {},
          ),
        ).rejects.toThrow('makes no sockets')
      },
    )

    usual('has the given environment and directory, and nothing of the Muscle', async () => {
      const { client } = await here()
      const directory = workDirectory()
      const spec = jobOf(sh('env; pwd; id -u; ls -A "$HOME"'), {
        env: { TZ: 'UTC', KARO_JOB_X: 'a b' },
        cwd: directory,
        binds: [{ path: directory, write: false }],
      })
      const { out } = await runToEnd(client, spec)
      const lines = out.trim().split('\n')
      expect(lines).toContain('TZ=UTC')
      expect(lines).toContain('KARO_JOB_X=a b')
      const uid = covers || process.getuid?.() === 0 ? '65534' : String(process.getuid?.())
      expect(lines.slice(-2)).toEqual([directory, uid])
      const names = lines.slice(0, -2).map((line) => line.split('=')[0])
      expect(new Set(names)).toEqual(
        new Set(
          ['TZ', 'KARO_JOB_X', 'PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'PWD', 'SHLVL', '_'].filter(
            (name) => names.includes(name),
          ),
        ),
      )
    })

    usual('inherits no descriptor but its own', async () => {
      const { client } = await here()
      const script = 'for n in $(seq 0 255); do test ! -e /proc/self/fd/$n || echo $n; done'
      expect((await runToEnd(client, jobOf(sh(script)))).out).toBe('0\n1\n2\n')
    })

    usual('reads what is given to it piece by piece, and opens its output by path', async () => {
      const { client } = await here()
      const text = 'line\n'.repeat(50_000)
      const { out } = await runToEnd(client, jobOf(['/usr/bin/wc', '-c'], { stdin: true }), text)
      expect(out.trim()).toBe(String(text.length))
      expect((await runToEnd(client, jobOf(sh('echo a > /dev/stderr; echo b > /dev/stdout')))).err).toBe(
        'a\n',
      )
    })

    test('gets a secret by a descriptor, which nobody can change; the bytes are overwritten', async () => {
      const { client } = await here()
      const first = Buffer.from('one secret')
      const spec = jobOf(
        sh('cat "$KARO_SECRET_A" "$KARO_SECRET_B"; echo x > "$KARO_SECRET_A" && echo written'),
        {
          secrets: [
            { name: 'A', bytes: first },
            { name: 'B', bytes: Buffer.from(' and another') },
          ],
        },
      )
      const { out } = await runToEnd(client, spec)
      expect(out).toBe('one secret and another')
      expect(first.every((byte) => byte === 0)).toBe(true)
    })

    test('sees what it is given, and writes only where it may', async () => {
      const { client } = await here()
      const [shown, work, other] = [workDirectory(), workDirectory(), workDirectory()]
      for (const directory of [shown, other]) writeFileSync(join(directory, 'file'), 'text')
      const script = `cat "$1/file" "$3/file"; echo x > "$1/new"; echo x > "$2/new"; echo x > "$3/new"; ln "$1/file" "$2/linked"
        mv "$1/file" "$2/moved"; echo x > /usr/x; echo x > /etc/x; echo x > /x; ls /root /srv /var`
      const binds = [
        { path: shown, write: false },
        { path: work, write: true },
      ]
      expect((await runToEnd(client, jobOf(sh(script, shown, work, other), { binds }))).out).toBe('text')
      for (const path of [join(shown, 'new'), join(other, 'new'), join(work, 'linked'), '/usr/x'])
        expect(existsSync(path), path).toBe(false)
      expect(readFileSync(join(work, 'new'), 'utf8')).toBe('x\n')
      expect(readFileSync(join(shown, 'file'), 'utf8')).toBe('text')
    })

    usual('makes, renames and removes in a place for writing', async () => {
      const { client } = await here()
      const work = workDirectory()
      const script =
        'cd "$1" && mkdir -p a b && echo x > a/f && mv a/f b/g && ln b/g b/h && ln -s g b/s && rm b/g && rmdir a && cat b/h'
      const spec = jobOf(sh(script, work), { binds: [{ path: work, write: true }] })
      expect((await runToEnd(client, spec)).out).toBe('x\n')
      expect(readdirSync(join(work, 'b'))).toEqual(['h', 's'])
    })

    testWhere(whole && !covers)(
      'is not built where a part would have to be covered, or kept from writing',
      async () => {
        const { client } = await here()
        const work = workDirectory()
        mkdirSync(join(work, 'inner'))
        const wanted = (binds: JobSpec['binds'], cwd = '/') =>
          client.run(jobOf(['/usr/bin/true'], { binds, cwd }), () => {})
        const inner = { path: join(work, 'inner'), write: false }
        await expect(wanted([{ path: work, write: true }, inner])).rejects.toThrow('keep it read-only')
        await expect(wanted([inner], work)).rejects.toThrow('no directory of this jail')
        expect(await (await wanted([inner], inner.path)).ended).toMatchObject({ code: 0 })
        for (const [name, write] of [
          ['.git', true],
          ['.ssh', false],
        ] as const) {
          const directory = workDirectory()
          mkdirSync(join(directory, name))
          await expect(wanted([{ path: directory, write }])).rejects.toThrow('has to be covered')
        }
      },
    )

    testWhere(whole && !covers)(
      'makes no socket: by its path it would lead out, where nobody looks',
      async () => {
        const { client } = await here()
        const script = 'print socket(my $made, $_, 1, 0) ? "made " : "refused " for 1, 2, 10'
        expect((await runToEnd(client, jobOf(['/usr/bin/perl', '-e', script]))).out).toBe(
          'refused refused refused ',
        )
      },
    )

    testWhere(whole && covers)('does not write what programs outside obey, and sees no keys', async () => {
      const { client } = await here()
      const work = workDirectory()
      mkdirSync(join(work, '.git'), { mode: 0o777 })
      mkdirSync(join(work, '.ssh'), { mode: 0o777 })
      // Only the jail keeps nobody out of them.
      for (const name of ['.git', '.ssh']) chmodSync(join(work, name), 0o777)
      writeFileSync(join(work, '.ssh/id'), 'key')
      writeFileSync(join(work, '.netrc'), 'password')
      const script =
        'echo x > "$1/.git/hook"; ls -A "$1/.ssh"; cat "$1/.netrc"; echo x > "$1/.ssh/more"; echo done'
      const spec = jobOf(sh(script, work), { binds: [{ path: work, write: true }] })
      expect((await runToEnd(client, spec)).out).toBe('done\n')
      expect(existsSync(join(work, '.git/hook'))).toBe(false)
      expect(existsSync(join(work, '.ssh/more'))).toBe(false)
    })

    // Not what the provider says of itself: where that were wrong, nothing would be tried.
    testWhere(whole && (!covers || (landlock >= 2 && existsSync('/usr/bin/perl'))))(
      'makes no socket where another jail could be, and moves files there as ever',
      async () => {
        const { client } = await here()
        const work = workDirectory()
        for (const name of ['one', 'two']) mkdirSync(join(work, name))
        for (const name of ['one', 'two']) chmodSync(join(work, name), 0o777)
        const script = `${MAKES_SOCKETS}
open(my $file, '>', 'one/file') || die; rename('one/file', 'two/file') || die $!; print "moved\\n"`
        const { out, err } = await runToEnd(
          client,
          jobOf(['/usr/bin/perl', '-e', script, work, `${work}/one`, '/home/job'], {
            cwd: work,
            binds: [{ path: work, write: true }],
          }),
        )
        const own = covers ? 'made\nmade\n' : 'no\nno\n'
        expect([out, err]).toEqual([`no\nno\nno\nno\n${own}moved\n`, ''])
        expect(readdirSync(join(work, 'two'))).toEqual(['file'])
      },
    )

    usual('is not built for a path that no jail may have', async () => {
      const work = workDirectory()
      const closed = join(work, 'karo')
      mkdirSync(join(closed, 'db'), { recursive: true })
      symlinkSync('/', join(work, 'root'))
      symlinkSync('/etc', join(work, '.git'))
      const [{ provider: strict } = { provider }] = (await providersHere([closed])).filter(
        (one) => one.provider.name === provider.name,
      )
      const { client } = await muscleHere({ providers: [strict] })
      const wanted = (path: string, write = false) =>
        client.run(jobOf(['/usr/bin/true'], { binds: [{ path, write }] }), () => {})
      const never = [
        '/',
        '/proc',
        '/proc/self',
        '/sys',
        '/dev',
        '/dev/shm',
        '/run',
        '/home',
        '/root',
        '/tmp',
        '/no/such/place',
      ]
      for (const path of [...never, closed, join(closed, 'db'), join(work, 'root'), join(work, 'root/proc')])
        await expect(wanted(path), path).rejects.toMatchObject({ code: 'refused' })
      // One that would be given by its own path; a link may have been put in its place.
      mkdirSync(join(work, 'good'))
      symlinkSync(join(work, 'good'), join(work, 'other'))
      expect(await (await wanted(join(work, 'good'))).ended).toMatchObject({ code: 0 })
      await expect(wanted(join(work, 'other'))).rejects.toMatchObject({ code: 'refused' })
      for (const path of ['/usr', '/usr/lib', '/etc', '/var/lib', work])
        await expect(wanted(path, true), path).rejects.toThrow()
      expect(await client.list()).toEqual([])
    })

    usual(
      'is given for writing nothing above a directory of Karo, there or to come, and no keys',
      async () => {
        const work = workDirectory()
        for (const name of ['a/karo', '.ssh', 'b']) mkdirSync(join(work, name), { recursive: true })
        const closed = [join(work, 'a/karo'), join(work, 'b/later/karo')]
        const [{ provider: strict } = { provider }] = (await providersHere(closed)).filter(
          (one) => one.provider.name === provider.name,
        )
        const { client } = await muscleHere({ providers: [strict] })
        const wanted = (path: string, write: boolean) =>
          client.run(jobOf(['/usr/bin/true'], { binds: [{ path: join(work, path), write }] }), () => {})
        for (const path of ['', 'a', 'b']) {
          await expect(wanted(path, true), path).rejects.toMatchObject({
            message: expect.stringContaining('a directory of Karo is below it') as unknown,
          })
        }
        for (const write of [false, true]) {
          await expect(wanted('.ssh', write)).rejects.toMatchObject({
            message: expect.stringContaining('it holds keys or logins') as unknown,
          })
        }
        writeFileSync(join(work, 'file'), '')
        for (const path of ['none/a/b', 'file/a/b'])
          await expect(wanted(path, false), path).rejects.toMatchObject({
            message: expect.stringContaining('it is missing') as unknown,
          })
      },
    )

    usual('hides the directories of Karo inside what it is given', async () => {
      const work = workDirectory()
      mkdirSync(join(work, 'karo/spool'), { recursive: true })
      writeFileSync(join(work, 'karo/identity.key'), 'key')
      const closed = ['karo', 'karo/spool'].map((name) => join(work, name))
      const [found] = (await providersHere(closed)).filter((one) => one.provider.name === provider.name)
      const { client } = await muscleHere({ providers: [found?.provider ?? provider] })
      const spec = jobOf(sh('ls -A "$1/karo"; echo done', work), { binds: [{ path: work, write: false }] })
      if (!covers) return expect(client.run(spec, () => {})).rejects.toThrow('has to be covered')
      expect((await runToEnd(client, spec)).out).toBe('done\n')
    })

    usual('is held up when nobody takes its output, which comes whole and in order', async () => {
      const { client } = await here()
      const work = workDirectory()
      // Of a guest up to 32 MiB are on the way before anything waits, as fast as it wrote.
      const size = (isVm ? 120 : 3) * WINDOW_BYTES
      const gate = Promise.withResolvers<void>()
      const seqs: number[] = []
      let bytes = 0
      const script = `head -c ${size} /dev/zero; echo > "$1/written"`
      const spec = jobOf(sh(script, work), { binds: [{ path: work, write: true }] })
      const job = await client.run(spec, async (piece) => {
        await gate.promise
        seqs.push(piece.seq)
        bytes += piece.bytes.length
      })
      // The jail can have written no more than the window and what pipes hold. That it goes on afterwards shows that it waited.
      // A second one, begun later and taken at once, tells when the first would have been done.
      const other = workDirectory()
      const quick = jobOf(sh(script, other), { binds: [{ path: other, write: true }] })
      expect((await runToEnd(client, quick)).ended.code).toBe(0)
      expect(existsSync(join(work, 'written'))).toBe(false)
      gate.resolve()
      expect(await job.ended).toMatchObject({ code: 0, output_bytes: size })
      expect(bytes).toBe(size)
      expect(seqs).toEqual(seqs.map((_, index) => index + 1))
    })

    usual.each([
      ['output', sh('while :; do echo yyyyyyyyyyyyyyyyyyyyyyyy; done'), { output_bytes: 100_000 }],
      ['wall_time', sh('sleep 86399'), { wall_ms: 50 }],
    ] as const)('ends at its limit of %s', async (reason, argv, limit) => {
      const { client } = await here()
      const { ended, out } = await runToEnd(client, jobOf(argv, { limits: { ...limits, ...limit } }))
      expect(ended).toMatchObject({ reason, code: null })
      expect(out.length).toBeLessThanOrEqual(100_000)
    })

    usual('gets no more processor time, tasks and disk than its limits', async () => {
      const { client } = await here()
      const busy = await runToEnd(
        client,
        jobOf(sh('while :; do :; done'), { limits: { ...limits, cpu_seconds: 1 } }),
      )
      // 128 and SIGXCPU, by which its end is told from others.
      expect(busy.ended).toMatchObject({ reason: 'exited', code: 152 })
      const forks = await runToEnd(
        client,
        jobOf(sh('i=0; while [ $i -lt 400 ]; do sleep 86398 & i=$((i + 1)); done; echo all'), {
          limits: { ...limits, tasks: 8 },
        }),
      )
      expect(forks.out).not.toContain('all')
      const script =
        'for d in /tmp /dev/shm "$HOME"; do head -c 5000000 /dev/zero > $d/a; head -c 5000000 /dev/zero > $d/b && echo $d; done; exit 0'
      expect((await runToEnd(client, jobOf(sh(script)))).out).toBe('')
    })

    usual(
      'is killed with everything in it: at a cancellation, at its end, and when the Brain is gone',
      async () => {
        const { client, path } = await here()
        const mark = freshMark()
        // One in the way of a daemon: a session of its own, without streams, its parent gone.
        const script = 'setsid sleep "$1" >/dev/null 2>&1 </dev/null & setsid sleep "$1" & sleep "$1"'
        const cancelled = await client.run(jobOf(sh(script, mark)), () => {})
        await until(() => running(mark).length === seen, { what: 'three processes run' })
        const [listed] = await client.list()
        expect(await client.cancel(listed?.job ?? '')).toBe(true)
        expect(await cancelled.ended).toMatchObject({ reason: 'cancelled' })
        expect(running(mark)).toEqual([])
        expect(await client.cancel(listed?.job ?? '')).toBe(false)

        const left = await runToEnd(
          client,
          jobOf(sh('setsid sleep "$1" >/dev/null 2>&1 </dev/null & exit 0', mark)),
        )
        expect(left.ended).toMatchObject({ reason: 'exited', code: 0 })
        expect(running(mark)).toEqual([])

        await client.run(jobOf(sh(script, mark)), () => {})
        await until(() => running(mark).length === seen, { what: 'three processes run' })
        client.close()
        await until(() => running(mark).length === 0, { what: 'nothing is left' })
        expect(existsSync(path)).toBe(true)
      },
    )

    usual('is killed with everything in it where the kernel hangs up on its process group', async () => {
      const { client } = await here()
      const mark = freshMark()
      onTestFinished(() => {
        for (const pid of running(mark)) process.kill(pid, 'SIGKILL')
      })
      // The command waits for what it began, unless the signal reaches it, too.
      const spec = jobOf(sh('until perl -e "$1" "$2"; do sleep 0.1; done; sleep 86394', HANG_UP, mark))
      const job = await client.run(spec, () => {})
      const over = job.ended.then(() => true)
      await until(async () => running(mark).length === 1 || (await Promise.race([over, false])), {
        what: 'the process that is to be left runs, or the jail has ended',
      })
      await client.cancel(spec.job)
      await job.ended
      expect(running(mark)).toEqual([])
    })

    testWhere(whole && !covers)(
      'leads a session of its own, and sends no signal to its keepers',
      async () => {
        const { client } = await here()
        const getsid = process.arch === 'x64' ? 124 : 156
        const script = `kill -0 $PPID 2>/dev/null && echo reached; kill -0 $$ && echo itself
        perl -e 'print syscall(${getsid}, 0) == shift ? "leads" : "is led"' $$`
        expect((await runToEnd(client, jobOf(sh(script)))).out).toBe('itself\nleads')
      },
    )

    testWhere(whole && !covers)('asks for no extended attributes of a file that it only names', async () => {
      const { client } = await here()
      const numbers = process.arch === 'x64' ? [191, 192, 194, 195] : [8, 9, 11, 12]
      const script = `for (${numbers.join(', ')}) { my ($path, $name, $value) = ('/root', 'user.a', ' ' x 9);
        syscall($_, $path, $name, $value, 9); print 0 + $!, ' ' }`
      expect((await runToEnd(client, jobOf(['/usr/bin/perl', '-e', script]))).out).toBe('95 95 95 95 ')
    })

    const bound = async (...paths: readonly string[]) =>
      Promise.all(paths.map(async (path) => ({ path, hash: (await contentAt(path)).hash })))

    usual.each([false, true])(
      'runs the code that was let through, and sees all else as it is, whatever is put in its place (it writes: %s)',
      async (write) => {
        const { client } = await here()
        const top = workDirectory()
        const put = (name: string, text: string) => {
          writeFileSync(join(top, name), text)
          chmodSync(join(top, name), 0o777)
        }
        mkdirSync(join(top, 'in/ner'), { recursive: true })
        put('run.sh', 'echo run')
        put('in/ner/tool.sh', '#!/bin/sh\necho "$0 $1"')
        put('part.py', 'print("part")')
        symlinkSync('in/ner/tool.sh', join(top, 'linked'))
        const names = ['run.sh', 'linked', 'missing', 'part.py'].map((name) => join(top, name))
        const code = await bound(top, ...names)
        let out = ''
        const script =
          'read go; sh run.sh; readlink linked; ./linked one; cat missing; cat later; python3 -B -c "import part"; echo echo own > run.sh; sh run.sh'
        const job = await client.run(
          jobOf(sh(script), { stdin: true, cwd: top, code, binds: [{ path: top, write }] }),
          ({ stream, bytes }) => {
            if (stream === 'stdout') out += String(bytes)
          },
        )
        // The jail stands, and has read nothing yet.
        renameSync(join(top, 'in'), join(top, 'before'))
        mkdirSync(join(top, 'in/ner'), { recursive: true })
        for (const name of ['in/ner/tool.sh', 'missing', 'evil']) put(name, '#!/bin/sh\necho evil')
        renameSync(join(top, 'evil'), join(top, 'run.sh'))
        put('evil', 'print("evil")')
        renameSync(join(top, 'evil'), join(top, 'part.py'))
        rmSync(join(top, 'linked'))
        symlinkSync('missing', join(top, 'linked'))
        put('later', 'later\n')
        job.input(Buffer.from('go\n'), true)
        await job.ended
        const [last = '', ...before] = out.trimEnd().split('\n').reverse()
        expect(before.reverse()).toEqual(['run', 'in/ner/tool.sh', './linked one', 'later', 'part'])
        // What was renamed outside a guest may know under its old name, so that a write there fails, and nothing is the job's own.
        expect(write ? (isVm ? ['own', 'run'] : ['own']) : ['run']).toContain(last)
      },
    )

    testWhere(whole && !isVm).each([
      ['a program', './tool', (top: string) => renameSync(join(top, 'other'), join(top, 'tool'))],
      [
        'the directory of a script',
        'cd in && cat later && sh x.sh',
        (top: string) => {
          renameSync(join(top, 'in'), join(top, 'before'))
          symlinkSync('evil', join(top, 'in'))
        },
      ],
    ] as const)('ends where %s is another one when it gets there', async (_, script, swap) => {
      const { client } = await here()
      const top = workDirectory()
      for (const name of ['in', 'evil']) {
        mkdirSync(join(top, name))
        writeFileSync(join(top, name, 'x.sh'), `echo ${name}`)
        writeFileSync(join(top, name, 'later'), '')
      }
      writeFileSync(join(top, 'tool'), '#!/bin/sh\necho tool', { mode: 0o755 })
      writeFileSync(join(top, 'other'), '#!/bin/echo evil\n', { mode: 0o755 })
      const code = await bound(top, join(top, 'tool'), join(top, 'in/x.sh'))
      let out = ''
      const job = await client.run(
        jobOf(sh(`read go; ${script}`), {
          stdin: true,
          cwd: top,
          code,
          binds: [{ path: top, write: false }],
        }),
        ({ bytes }) => {
          out += String(bytes)
        },
      )
      swap(top)
      job.input(Buffer.from('go\n'), true)
      expect(await job.ended).toMatchObject({ code: 125 })
      expect(out).toMatch(/^\S+ has changed since it was let through\n$/)
    })

    usual('does not run what has changed since it was let through, wherever it lies', async () => {
      const { client } = await here()
      const [top, other] = [workDirectory(), workDirectory()]
      const [file, absent] = [join(top, 'a.sh'), join(top, 'GNUmakefile')]
      const put = (text: string, at = file) => writeFileSync(at, text)
      const swaps = [
        () => put('evil'),
        () => {
          put('evil', join(top, 'b'))
          renameSync(join(top, 'b'), file)
        },
        () => {
          rmSync(file)
          symlinkSync(join(other, 'a.sh'), file)
        },
        () => rmSync(file),
        () => put('evil', absent),
        () => {
          renameSync(top, `${top}.before`)
          mkdirSync(top)
          put('one')
        },
      ]
      put('evil', join(other, 'a.sh'))
      for (const [place, swap] of swaps.entries()) {
        rmSync(absent, { force: true })
        rmSync(file, { force: true })
        put('one')
        const binds = [{ path: top, write: place % 2 > 0 }]
        const spec = jobOf(['/usr/bin/true'], { binds, code: await bound(top, file, absent) })
        if (place < 2) expect((await runToEnd(client, spec)).ended.code).toBe(0)
        swap()
        await expect(client.run(spec, () => {})).rejects.toThrow(OtherCode)
      }
      // A place that the daemon may not see is as it says; what would run there it refuses itself.
      const unseen = { binds: [{ path: top, write: false }], code: [{ path: top, hash: CLOSED }] }
      expect((await runToEnd(client, jobOf(['/usr/bin/true'], unseen))).ended.code).toBe(0)
      expect(await client.list()).toEqual([])
    })

    usual('is not built for a place that was replaced after it was judged', async () => {
      const work = workDirectory()
      const [given, program] = [join(work, 'given'), join(work, 'program')]
      mkdirSync(given)
      const real = covers ? '/usr/bin/bwrap' : '/usr/bin/perl'
      writeFileSync(
        program,
        `#!/bin/sh\nmv ${given} ${given}-before && mkdir ${given} || exit 9\nexec ${real} "$@"\n`,
      )
      for (const path of [given, program]) chmodSync(path, 0o777)
      const deps = {
        descriptors: await openDescriptors(),
        closed: [],
        socket: work,
        landlock,
        program,
      }
      const timed = { ...deps, timers: systemTimers }
      const replacing = {
        bwrap: () => createBwrap(deps),
        landlock: () => createLandlock({ ...timed, version: landlock }),
        // The template is there already, so that this is the only start.
        vm: () => createVm({ ...timed, now: systemClock.now, state: templatesHere(), kvm: false }),
      }[provider.name]()
      const { client } = await muscleHere({ providers: [replacing] })
      const spec = jobOf(['/usr/bin/true'], { binds: [{ path: given, write: false }] })
      await expect(client.run(spec, () => {})).rejects.toThrow('was replaced while the jail was built')
      expect(existsSync(`${given}-before`)).toBe(true)
    })

    usual('runs once for a request that comes twice, and not beyond the number of jails', async () => {
      const { client } = await muscleHere({ providers: [provider], mostJails: 1 })
      const spec = jobOf(sh('sleep 86397'))
      const job = await client.run(spec, () => {})
      await expect(client.run({ ...spec }, () => {})).rejects.toMatchObject({ code: 'conflict' })
      await expect(client.run(jobOf(sh('true')), () => {})).rejects.toThrow('as many jails run')
      await client.cancel(spec.job)
      await job.ended
      expect((await runToEnd(client, jobOf(sh('true')))).ended.code).toBe(0)
    })

    usual('starts nothing, and leaves nothing, when it cannot be built', async () => {
      const { client } = await here()
      const mark = randomBytes(4).readUInt32BE().toString()
      await expect(
        client.run(jobOf(['/usr/bin/sleep', mark], { cwd: '/no/such/place' }), () => {}),
      ).rejects.toMatchObject({
        code: 'refused',
      })
      expect(running(mark)).toEqual([])
      expect(await client.status()).toMatchObject({ jobs: 0 })
    })
  })
}

// What every shell's hook promises, as tests to run in each shell that has one.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../data/database.ts'
import { commandsOf, PROGRAMS, type Program, type ShellOptions, spooled, startShell } from './hooked-shell.ts'

/** How a shell says what the cases have in common. */
export interface Dialect {
  readonly program: Program
  /** Lines of every shape, with the exit code of each. */
  readonly shapes: readonly (readonly [line: string, exit: number])[]
  /** Lines that end in several prompts, as typed and as recorded. */
  readonly severalLines: readonly (readonly [typed: string, recorded: string])[]
  readonly lines: {
    /** Exports a variable. */
    export(name: string, value: string): string
    /** Prints the exit code of the line before and its last argument. */
    readonly status: string
    /** Prints a number that grows with each process of the namespace, or of the shell, without making one. */
    readonly lastProcess: string
    /** Keys that put a tab into the line; Ctrl-V and the tab unless said. */
    readonly tab?: string
    /** One that the shell's parser refuses. */
    readonly broken: string
  }
  /** Settings of a person that may break what runs under them; each a line that prints nothing. */
  readonly settings: readonly string[]
  /** Its `exit` is a command like others. */
  readonly recordsExit?: true
  /** Of a job brought back that ends with 3; 3 unless said. */
  readonly exitOfFg?: number
  /** What the shell itself says, once, when a write fails, and no hook can silence. */
  readonly complaint?: RegExp
  /** Directories that the shell itself makes in an empty home. */
  readonly makes?: readonly string[]
  /** Microseconds between two readings of the clock that the records are made with. */
  readonly clockUs: number
}

/** Prints `begun` once it can be interrupted. */
const interrupted = `sh -c 'echo be""gun; exec sleep 60'; echo never`

/** By its path, whoever stands in for it. */
const DATE = '/bin/date'

const isRoot = process.getuid!() === 0

/** The program runs on this machine; the tests of one that does not are skipped. */
export function isInstalled(program: Program): boolean {
  const [file, ...args] = PROGRAMS[program].argv('/dev/null').slice(0, -1)
  return spawnSync(file!, [...args.filter((arg) => arg === 'ash'), '-c', 'exit 0']).status === 0
}

/** Registers the cases with vitest. */
export function hookCases(dialect: Dialect): void {
  const { program, lines } = dialect
  const { shell: shellName } = PROGRAMS[program]
  const start = (options: ShellOptions = {}) => startShell({ ...options, program })
  /** Everything in the spool, read as text. */
  const written = (spool: string): string =>
    readdirSync(spool)
      .map((name) => readFileSync(join(spool, name), 'utf8'))
      .join('')

  describe.skipIf(!isInstalled(program))(`${program}: what is recorded`, () => {
    test('text, exit code, directory, times, order, session', async () => {
      const shell = await start()
      const began = Date.now()
      await shell.typeAll('echo one', 'cd /', 'false', 'sh -c "exit 42"', 'sleep 0.2', 'nosuchcommand')
      const ended = Date.now()
      const found = spooled(shell.spool)
      expect(found.map(({ command, exitCode, cwd }) => [command, exitCode, cwd])).toEqual([
        ['echo one', 0, shell.directory],
        ['cd /', 0, shell.directory],
        ['false', 1, '/'],
        ['sh -c "exit 42"', 42, '/'],
        ['sleep 0.2', 0, '/'],
        ['nosuchcommand', 127, '/'],
      ])
      expect(found.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6])
      expect(new Set(found.map(({ session }) => session)).size).toBe(1)
      expect(found[0]!.session).toMatch(
        new RegExp(`^${process.getuid!()}-${shell.pid}-\\d{16}-[0-9a-f]{32}$`),
      )
      expect(new Set(found.map((r) => r.shell))).toEqual(new Set([shellName]))
      const slack = dialect.clockUs
      expect(found[4]!.durationUs).toBeGreaterThanOrEqual(200_000 - slack)
      // One behind the other, and within the time that all of it took. What the clock counts from is the next test's.
      let last = found[0]!.startUs
      const most = last + (ended - began + 2) * 1000 + slack
      for (const { startUs, durationUs } of found) {
        expect(startUs).toBeGreaterThanOrEqual(last - slack)
        last = startUs + durationUs!
        expect(last).toBeLessThanOrEqual(most)
      }
      const [file] = readdirSync(shell.spool)
      expect(file).toBe(`${found[0]!.session}.spool`)
      expect(statSync(join(shell.spool, file!)).mode & 0o777).toBe(0o600)
    })

    test('a machine that is busy while the shell begins shifts no times', async () => {
      const slow = temporaryDirectory()
      // Kept waiting once, before it looks at the clock.
      writeFileSync(
        join(slow, 'date'),
        `#!/bin/sh\nmkdir ${slow}/waited 2>/dev/null && sleep 1\nexec ${DATE} "$@"\n`,
      )
      chmodSync(join(slow, 'date'), 0o755)
      const began = performance.now()
      const shell = await start({ env: { PATH: `${slow}:${process.env.PATH}` } })
      // A fourth of what it waited; and of what it waited otherwise, in two further looks, of which the shorter counts from its middle.
      const most = Math.max(1_000, performance.now() - began - 1_000) / 4
      const ms = Number((await shell.type(`${DATE} +%s%3N`)).trim())
      const { startUs, durationUs } = spooled(shell.spool)[0]!
      expect(startUs / 1000).toBeLessThan(ms + most)
      expect((startUs + durationUs!) / 1000).toBeGreaterThan(ms - most)
    })

    test('lines of every shape, exactly', async () => {
      const shell = await start()
      await shell.typeAll(...dialect.shapes.map(([line]) => line))
      expect(spooled(shell.spool).map(({ command, exitCode }) => [command, exitCode])).toEqual(dialect.shapes)
    })

    test('several lines are one command', async () => {
      const shell = await start()
      await shell.typeAll(...dialect.severalLines.map(([typed]) => typed), 'echo after')
      expect(commandsOf(shell.spool)).toEqual([
        ...dialect.severalLines.map(([, recorded]) => recorded),
        'echo after',
      ])
    })

    test('typed ahead while another command runs', async () => {
      const shell = await start()
      shell.keys('sleep 0.3\recho ahead\recho more; echo "d"one\r')
      await shell.printed('\r\ndone')
      await shell.prompt()
      await shell.type('echo last')
      expect(commandsOf(shell.spool)).toEqual([
        'sleep 0.3',
        'echo ahead',
        'echo more; echo "d"one',
        'echo last',
      ])
    })

    test('Ctrl-C in a command is its end; at the prompt, like an empty line or one that cannot be read, it is nothing', async () => {
      const shell = await start()
      await shell.typeAll('', 'echo a', '')
      // Ctrl-C throws away what the shell has not read yet.
      shell.keys('half a line')
      await shell.printed('half a line')
      await shell.waits()
      shell.keys('\x03')
      await shell.prompt()
      await shell.type(lines.broken)
      // It is the command that says so, because the shell itself would say it too soon.
      shell.keys(`${interrupted}\r`)
      await shell.printed('begun\r\n')
      shell.keys('\x03')
      await shell.prompt()
      await shell.type('echo b')
      expect(spooled(shell.spool).map(({ command, exitCode }) => [command, exitCode])).toEqual([
        ['echo a', 0],
        [interrupted, 130],
        ['echo b', 0],
      ])
      expect(shell.screen()).not.toContain('\nnever')
    })

    test('jobs in the background, and one that is suspended and goes on', async () => {
      const shell = await start()
      await shell.typeAll('sleep 0.1 &', 'wait')
      shell.keys('sh -c "echo st\\"\\"opping; kill -STOP \\$\\$; exit 3"\r')
      await shell.printed('stopping')
      await shell.prompt()
      await shell.typeAll('fg', 'echo b')
      const found = spooled(shell.spool)
      expect(found.map(({ command }) => command)).toEqual([
        'sleep 0.1 &',
        'wait',
        'sh -c "echo st\\"\\"opping; kill -STOP \\$\\$; exit 3"',
        'fg',
        'echo b',
      ])
      expect(found[3]!.exitCode).toBe(dialect.exitOfFg ?? 3)
    })

    test('nested and replaced shells keep to themselves', async () => {
      const shell = await start()
      const again = PROGRAMS[program].argv(shell.rc).join(' ')
      await shell.typeAll('echo outer', again, 'echo inner', `exec ${again}`, 'echo replaced', 'exit')
      await shell.type('echo outer again')
      const bySession = Map.groupBy(spooled(shell.spool), ({ session }) => session)
      expect([...bySession.values()].map((found) => found.map(({ command }) => command))).toEqual(
        expect.arrayContaining([
          ['echo outer', again, 'echo outer again'],
          ['echo inner'],
          dialect.recordsExit ? ['echo replaced', 'exit'] : ['echo replaced'],
        ]),
      )
      expect(bySession.size).toBe(3)
      expect(await shell.type('env | grep -c __karo')).toBe('0\n')
    })
  })

  describe.skipIf(!isInstalled(program))(`${program}: what is private`, () => {
    test('every repeat counts, no line that begins with a blank does', async () => {
      const shell = await start()
      await shell.typeAll(
        'echo a',
        'echo a',
        ' echo secret',
        `${dialect.lines.tab ?? '\x16\t'}echo secret`,
        'echo a',
        'echo end',
      )
      expect(commandsOf(shell.spool)).toEqual(['echo a', 'echo a', 'echo a', 'echo end'])
      expect(written(shell.spool)).not.toContain('secret')
    })

    test('ignored patterns are written nowhere', async () => {
      const shell = await start({ ignore: ['pass *', '*vault*', "*it's*", 'a [b] $(c)'] })
      await shell.typeAll('echo a', 'pass show bank', 'echo a vault b', 'echo "it\'s\nx"', 'passwd --help')
      await shell.typeAll('echo b', 'echo b')
      expect(commandsOf(shell.spool)).toEqual(['echo a', 'passwd --help', 'echo b', 'echo b'])
      expect(written(shell.spool)).not.toMatch(/bank|vault|it's/)
    })

    test('a line that deletes names what is to be nowhere: it is written nowhere either', async () => {
      // With a pattern bash too looks at each line before it writes it.
      const shell = await start({ ignore: ['pass *'] })
      await shell.typeAll('echo a', 'karo history delete secret', 'echo b')
      expect(commandsOf(shell.spool)).toEqual(['echo a', 'echo b'])
      expect(written(shell.spool)).not.toContain('secret')
      expect(spooled(shell.spool).map(({ sequence }) => sequence)).toEqual([1, 2])
    })

    test('paused', async () => {
      const shell = await start()
      await shell.typeAll('echo a', lines.export('KARO_PAUSE', '1'), 'echo paused')
      await shell.typeAll(lines.export('KARO_PAUSE', '0'), 'echo b')
      expect(commandsOf(shell.spool)).toEqual(['echo a', lines.export('KARO_PAUSE', '0'), 'echo b'])
      const paused = await start({ env: { KARO_PAUSE: '1' } })
      await paused.typeAll('echo c')
      expect(readdirSync(paused.spool)).toEqual([])
    })

    test('that it is paused is noted, once each time, and nothing else is', async () => {
      const shell = await start()
      const pause = lines.export('KARO_PAUSE', '1')
      const resume = lines.export('KARO_PAUSE', '0')
      await shell.typeAll('echo a', pause, 'echo secret', 'cd /', 'echo secret')
      expect(written(shell.spool)).not.toMatch(/secret|KARO_PAUSE/)
      const said = () => spooled(shell.spool).map(({ command, paused }) => (paused ? '(paused)' : command))
      expect(said()).toEqual(['echo a', '(paused)'])
      expect(spooled(shell.spool)[1]).toMatchObject({ cwd: '?', exitCode: null, command: '' })
      await shell.typeAll(resume, 'echo b', pause, ` ${resume}`, 'echo c', pause, '', 'echo secret')
      expect(said()).toEqual(['echo a', '(paused)', resume, 'echo b', '(paused)', 'echo c', '(paused)'])
      expect(spooled(shell.spool).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7])
    })

    test('a note that cannot be written harms nothing', async () => {
      const shell = await start()
      await shell.typeAll('echo a', 'ulimit -S -f 0')
      expect(await shell.type(lines.export('KARO_PAUSE', '1'))).toBe('')
      expect(await shell.type('echo b')).toBe('b\n')
      rmSync(join(shell.spool, readdirSync(shell.spool)[0]!))
      expect(await shell.type('echo c')).toBe('c\n')
      expect(readdirSync(shell.spool)).toEqual([])
      await shell.typeAll('ulimit -S -f unlimited', lines.export('KARO_PAUSE', '0'), 'echo d')
      expect(commandsOf(shell.spool)).toEqual([lines.export('KARO_PAUSE', '0'), 'echo d'])
    })
  })

  describe.skipIf(!isInstalled(program))(`${program}: never in the way`, () => {
    test('the exit code is what it was', async () => {
      const shell = await start()
      await shell.type('sh -c "exit 7"')
      expect(await shell.type(lines.status)).toBe('7\n')
      expect(await shell.type(lines.status)).toBe('0\n')
    })

    test.each(dialect.settings)('%s: goes on, and prints nothing', async (setting) => {
      const shell = await start()
      await shell.typeAll('echo a')
      expect(await shell.type(setting)).toBe('')
      expect(await shell.type('! false')).toBe('')
      expect(await shell.type('true')).toBe('')
      expect(await shell.type('echo b')).toBe('b\n')
      expect(commandsOf(shell.spool)).toEqual(['echo a', setting, '! false', 'true', 'echo b'])
    })

    test.each(dialect.settings)('loaded under %s', async (setting) => {
      const shell = await start({ before: setting })
      expect(await shell.type('echo a')).toBe('a\n')
      expect(commandsOf(shell.spool)).toEqual(['echo a'])
      expect(shell.screen()).not.toContain('__karo')
    })

    test('loading it again changes nothing', async () => {
      const shell = await start()
      await shell.typeAll(`. ${shell.rc}`, `. ${shell.rc}`, 'echo once')
      expect(commandsOf(shell.spool).filter((command) => command === 'echo once')).toHaveLength(1)
      expect(readdirSync(shell.spool)).toHaveLength(1)
    })

    test('the histories that the shell keeps are what they would be without it', async () => {
      const shell = await start()
      await shell.typeAll('echo a', ' echo b', 'echo c')
      const expected = [PROGRAMS[program].rc.split('/')[0]!, 'spool', ...(dialect.makes ?? [])]
      expect(readdirSync(shell.directory).sort()).toEqual(expected.sort())
      expect(existsSync(join(shell.spool, '.history'))).toBe(false)
    })

    test.runIf(isRoot)('it does not fork', async () => {
      // In a process namespace of its own, /proc/loadavg ends with the number of its last process.
      const shell = await start({ through: ['unshare', '-pf', '--mount-proc', '--'], ignore: ['pass *'] })
      const many = Array.from({ length: 20 }, (_, i) => `echo ${i}`)
      await shell.typeAll('echo warm', 'echo up')
      const before = await shell.type(lines.lastProcess)
      expect(before).toMatch(/^last=\d+\n$/)
      await shell.typeAll(...many, ' echo private')
      await shell.typeAll(lines.export('KARO_PAUSE', '1'), 'echo paused', lines.export('KARO_PAUSE', '0'))
      expect(await shell.type(lines.lastProcess)).toBe(before)
      await shell.type('/bin/true')
      expect(await shell.type(lines.lastProcess)).not.toBe(before)
      expect(commandsOf(shell.spool)).toHaveLength(2 + 1 + 20 + 1 + 1 + 1 + 1)
    })
  })

  describe.skipIf(!isInstalled(program))(`${program}: when it cannot write`, () => {
    test('no directory yet: silent, then recorded, and the numbers tell how many are missing', async () => {
      const shell = await start({ spool: false })
      expect(await shell.type('echo 1')).toBe('1\n')
      expect(await shell.type('echo 2')).toBe('2\n')
      mkdirSync(shell.spool, { mode: 0o700 })
      await shell.type('echo 3')
      expect(spooled(shell.spool).map(({ command, sequence }) => [command, sequence])).toEqual([
        ['echo 3', 3],
      ])
    })

    test('a directory that may not be written', async () => {
      // Modes do not stop root, so this shell is nobody's.
      const asNobody = ['sh', '-c', 'chown -R 65534 .; exec setpriv --reuid=65534 --clear-groups "$@"', 'sh']
      const shell = await start(isRoot ? { through: asNobody } : {})
      // The shell has made it when it began.
      for (const name of readdirSync(shell.spool)) rmSync(join(shell.spool, name))
      chmodSync(shell.spool, 0o500)
      expect(await shell.type('echo 1')).toBe('1\n')
      chmodSync(shell.spool, 0o700)
      await shell.type('echo 2')
      expect(spooled(shell.spool).map(({ sequence }) => sequence)).toEqual([2])
    })

    test('a link to nowhere', async () => {
      const shell = await start({ spool: false })
      symlinkSync('/nowhere/at/all', shell.spool)
      expect(await shell.type('echo 1')).toBe('1\n')
    })

    test('its file is there before the first command, and empty', async () => {
      const shell = await start()
      const [file, ...others] = readdirSync(shell.spool)
      expect(others).toEqual([])
      expect(file).toMatch(new RegExp(`^${process.getuid!()}-${shell.pid}-\\d{16}-[0-9a-f]{32}\\.spool$`))
      expect(statSync(join(shell.spool, file!))).toMatchObject({ size: 0 })
      expect(statSync(join(shell.spool, file!)).mode & 0o777).toBe(0o600)
      await shell.type('echo 1')
      expect(commandsOf(shell.spool)).toEqual(['echo 1'])
    })

    test('its name cannot be guessed from what others can see of the shell', async () => {
      const shell = await start()
      const second = await start({ spool: shell.spool })
      const secrets = readdirSync(shell.spool).map((name) => /-([0-9a-f]{32})\.spool$/.exec(name)?.[1])
      expect(new Set(secrets).size).toBe(2)
      expect(secrets).not.toContain(undefined)
      await second.leave()
    })

    test.runIf(isRoot)('what another account has put in its place is never written to', async () => {
      const elsewhere = join(temporaryDirectory(), 'elsewhere')
      const open = (path: string) => {
        writeFileSync(path, '')
        chmodSync(path, 0o666)
        chownSync(path, 65_534, 65_534)
      }
      const shell = await start({ spool: false })
      // As if the name had been known, and the kernel protected nothing.
      const id = await shell.type(/zsh/.test(program) ? 'echo ${__karo[id]}' : 'echo $__karo_id')
      const own = join(shell.spool, `${id.trim()}.spool`)
      mkdirSync(shell.spool)
      chownSync(shell.spool, 65_534, 65_534)
      chmodSync(shell.spool, 0o3733)
      open(elsewhere)
      const planted = [
        open,
        (path: string) => {
          execFileSync('mkfifo', ['-m', '666', path])
          chownSync(path, 65_534, 65_534)
        },
        (path: string) => symlinkSync(elsewhere, path),
        (path: string) => symlinkSync(`${elsewhere}.new`, path),
      ]
      for (const [i, plant] of planted.entries()) {
        plant(own)
        expect(await shell.type(`echo secret${i}`)).toBe(`secret${i}\n`)
        if (lstatSync(own).isFile()) expect(statSync(own)).toMatchObject({ uid: 65_534, size: 0 })
        rmSync(own)
      }
      expect(readFileSync(elsewhere, 'utf8')).toBe('')
      expect(existsSync(`${elsewhere}.new`)).toBe(false)
      await shell.type('echo after')
      expect(commandsOf(shell.spool)).toEqual(['echo after'])
      expect(statSync(own).mode & 0o777).toBe(0o640)
      // While it is open.
      rmSync(own)
      open(own)
      await shell.type('echo secret')
      expect(readFileSync(own, 'utf8')).toBe('')
    })

    test.runIf(isRoot)(
      'whatever the options say: its files are made new, and nobody else may read them',
      async () => {
        const spool = temporaryDirectory()
        chownSync(spool, 65_534, 65_534)
        chmodSync(spool, 0o3733)
        const shell = await start({
          spool,
          ignore: ['nothing *'],
          before: program === 'fish' ? 'umask 0' : 'umask 0; set -C',
        })
        await shell.typeAll('echo a', 'sleep 1 &', 'echo b')
        for (const name of readdirSync(spool)) expect(statSync(join(spool, name)).mode & 0o137, name).toBe(0)
        expect(commandsOf(spool)).toContain('echo b')
      },
    )

    test('its file is deleted: the next record makes it anew', async () => {
      const shell = await start()
      await shell.type('echo 1')
      rmSync(join(shell.spool, readdirSync(shell.spool)[0]!))
      await shell.type('echo 2')
      expect(spooled(shell.spool).map(({ command, sequence }) => [command, sequence])).toEqual([
        ['echo 2', 2],
      ])
    })

    test('a file size limit: the shell lives, says nothing, and records again when it may', async () => {
      const shell = await start()
      await shell.typeAll('echo 1', 'ulimit -S -f 0')
      expect(await shell.type('echo 2')).toBe('2\n')
      expect(await shell.type('echo 3')).toBe('3\n')
      await shell.typeAll('ulimit -S -f unlimited', 'echo 4')
      const found = spooled(shell.spool)
      expect(found.map(({ command }) => command)).toEqual(['echo 1', 'ulimit -S -f unlimited', 'echo 4'])
      expect(found.map(({ sequence }) => sequence)).toEqual([1, 5, 6])
    })

    test.runIf(isRoot)('a full disk: silent, and whole records again when there is room', async () => {
      const disk = temporaryDirectory()
      // A mount of its own that nobody else sees and that ends with it; without one nothing is filled.
      const mount = 'mkdir spool && mount -t tmpfs -o size=16k,mode=700 none spool && exec "$@"'
      const shell = await start({ spool: false, through: ['unshare', '-m', 'bash', '-c', mount, '-'] })
      await shell.typeAll('echo 1', 'cat /dev/zero > spool/fill 2>/dev/null')
      const long = 'x'.repeat(150)
      let complaints = 0
      for (let i = 0; i < 40; i++) {
        const printed = await shell.type(`echo ${i} ${long}`)
        const quiet = dialect.complaint === undefined ? printed : printed.replace(dialect.complaint, '')
        expect(quiet).toBe(`${i} ${long}\n`)
        if (quiet !== printed) complaints++
      }
      expect(complaints).toBeLessThanOrEqual(1)
      await shell.typeAll('rm spool/fill', 'echo after', `cp spool/*.spool ${disk}`)
      const found = spooled(disk)
      expect(found[0]!.command).toBe('echo 1')
      expect(found.at(-1)).toMatchObject({ command: 'echo after', sequence: 44 })
      expect(found.length).toBeLessThan(44)
    })
  })
}

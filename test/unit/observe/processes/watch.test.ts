// The watch over a machine in memory: what is seen of whose processes, and which line is told to have started them.
import { expect, test } from 'vitest'
import { revealLevel0 } from '../../../../src/base/level0/level0.ts'
import { SHELLS_MAX } from '../../../../src/observe/processes/shell.ts'
import {
  createWatch,
  DEPTH_MAX,
  LIVE_MAX,
  LIVE_PER_SHELL_MAX,
} from '../../../../src/observe/processes/watch.ts'
import type { HookedShell, RanLine } from '../../../../src/observe/record/index.ts'
import type { ProcessBatch, ProcessRow } from '../../../../src/store/processes/processes.ts'
import { machine } from './machine.ts'

function world() {
  const m = machine()
  const watch = createWatch(m)
  const shell = m.shell(100)
  return {
    m,
    watch,
    shell,
    look: (...shells: readonly HookedShell[]) => watch.look(shells.length > 0 ? shells : [shell]),
    names: (uid = 1000) => watch.running(uid).map(({ name }) => revealLevel0(name)),
    written: () => rowsOf(watch.take()),
  }
}

const rowsOf = (batches: readonly ProcessBatch[]) =>
  batches.flatMap(({ uid, rows }) => rows.map((row) => ({ ...row, uid, name: revealLevel0(row.name) })))
const peaksOf = (batches: readonly ProcessBatch[]) => batches.flatMap(({ peaks }) => peaks)
const last = <T>(all: readonly T[]): T => all.at(-1)!

/** A line from so many ms before now until now. */
const line = (id: string, begin: number, end: number, exit_code = 0): RanLine => ({
  id,
  start_us: begin * 1000,
  duration_us: (end - begin) * 1000,
  exit_code,
})

test('a process that begins while a slow look goes on is one of the line that ran then', () => {
  const { m, look, watch, shell, written } = world()
  look()
  m.pass(60_000)
  const before = m.now()
  const { children } = m.proc
  m.proc.children = (...args) => {
    m.pass(3_000)
    m.run(200, 'make', 100)
    m.proc.children = children
    return children(...args)
  }
  look()
  m.pass(100)
  watch.ran(shell, [line('earlier', before - 20, before), line('later', before + 2_990, m.now())])
  m.end(200)
  look()
  expect(written()).toMatchObject([{ pid: 200, event_id: 'later', started_at: before + 3_000 }])
})

test('what began right after a line belongs to the next one, also where that is told of later', () => {
  const { m, look, watch, shell } = world()
  look()
  m.pass(60_000)
  watch.ran(shell, [line('earlier', m.now() - 10, m.now())])
  m.pass(20)
  m.run(200, 'make', 100)
  look()
  expect(watch.running(1000)).toMatchObject([{ event_id: 'earlier' }])
  watch.ran(shell, [line('later', m.now() - 3, m.now() + 5)])
  expect(watch.running(1000)).toMatchObject([{ event_id: 'later' }])
  watch.ran(shell, [line('latest', m.now() + 30, m.now() + 40)])
  expect(watch.running(1000)).toMatchObject([{ event_id: 'later' }])
})

test('the daemon may wait for a processor between the two clocks that it reads', () => {
  const { m, look, watch } = world()
  look()
  m.pass(60_000)
  const { uptimeMs } = m.proc
  m.proc.uptimeMs = () => {
    const uptime = uptimeMs()
    m.pass(2_000)
    m.proc.uptimeMs = uptimeMs
    return uptime
  }
  m.run(200, 'make', 100)
  const begun = m.now()
  look()
  expect(watch.running(1000)).toMatchObject([{ pid: 200, started_at: begun }])
})

test('a child of a shell: its name, when it began, how long, the most memory, and processor time', () => {
  const { m, look, watch, written } = world()
  look()
  m.pass(5_000)
  const begun = m.now()
  m.run(200, 'make', 100, { cpuMs: 10, peak: 5_000_000 })
  m.pass(1_000)
  look()
  m.pass(1_000)
  m.change(200, { cpuMs: 1_800, peak: 90_000_000 })
  look()
  expect(watch.running(1000)).toHaveLength(1)
  expect(written()).toEqual([])
  m.pass(1_000)
  m.end(200)
  look()
  expect(watch.running(1000)).toEqual([])
  expect(written()).toEqual([
    {
      uid: 1000,
      pid: 200,
      name: 'make',
      shell: 'bash',
      started_at: begun,
      duration_ms: 2_000,
      peak_rss_bytes: 90_000_000,
      cpu_ms: 1_800,
      exit_code: null,
      event_id: null,
    },
  ])
  expect(written(), 'nothing is written twice').toEqual([])
})

test('a look that takes long moves no process to a later line', () => {
  const m = machine()
  const slow = {
    ...m.proc,
    children(pid: number, threads: number) {
      m.pass(200)
      return m.proc.children(pid, threads)
    },
  }
  const watch = createWatch({ ...m, proc: slow })
  const shell = m.shell(100)
  watch.look([shell])
  m.pass(5_000)
  const begun = m.now()
  m.run(200, 'node', 100)
  m.pass(1_000)
  watch.look([shell])
  watch.ran(shell, [line('behind', begun, begun + 5)])
  expect(watch.running(1000)).toMatchObject([{ started_at: begun, event_id: 'behind' }])
})

test('what Karo itself does for a shell is no process of the person', () => {
  const { m, look, names } = world()
  m.run(200, 'node', 100, { own: true })
  m.run(201, 'node', 100)
  look()
  m.pass(1_000)
  look()
  expect(names()).toEqual(['node'])
})

test.each([
  ['bash', 'bash'],
  ['zsh', 'zsh'],
  ['fish', 'timeout'],
])('in %s Karo is called by a %s: neither is a process of the person', (program, between) => {
  const { m, watch, names, written } = world()
  const shell = m.shell(300, program)
  const look = () => watch.look([shell])
  m.run(301, between, 300)
  m.run(302, 'node', 301, { own: true })
  look()
  expect(names(), 'both are there').toEqual([])
  // Met before it calls, or before what it called is Karo.
  m.run(310, between, 300)
  m.run(320, between, 300)
  m.run(321, program, 320)
  m.pass(1_000)
  look()
  expect(names()).toHaveLength(3)
  m.run(311, 'node', 310, { own: true })
  m.change(321, { name: 'node', own: true })
  for (let i = 0; i < 2; i++) {
    m.pass(1_000)
    look()
  }
  expect(names(), 'its child came later').toEqual([])
  for (const pid of [301, 302, 310, 311, 320, 321]) m.end(pid)
  m.pass(1_000)
  look()
  expect(written()).toEqual([])
  // A person's own.
  m.run(330, between, 300)
  m.run(331, 'node', 330)
  m.pass(1_000)
  look()
  expect(names()).toEqual([between, 'node'])
})

test('children of children too, but not of a shell in a shell, which is watched by itself', () => {
  const { m, look, shell, names } = world()
  const inner = { ...m.shell(300), born: m.now() * 1000 }
  m.change(300, { parent: 100 })
  m.run(200, 'make', 100)
  m.run(201, 'cc', 200)
  m.run(202, 'as', 201)
  m.run(301, 'vim', 300)
  look(shell, inner)
  expect(names().sort()).toEqual(['as', 'cc', 'make', 'vim'])
})

test('what has a spool file and is no shell, or not that person’s, is not watched', () => {
  const { m, look, shell, names, watch } = world()
  m.run(400, 'node', 1, { foreground: 400 })
  m.run(401, 'tool', 400)
  const foreign = m.shell(500, 'bash', 2000)
  m.run(501, 'secret-tool', 500)
  look(
    shell,
    { uid: 1000, person: 1000, pid: 400, born: m.now() * 1000, written: 0, paused: false },
    // Somebody gave a file of theirs the number of another person's shell.
    { ...foreign, uid: 1000, person: 1000 },
    { ...foreign, uid: 3000, person: 3000 },
  )
  expect(names()).toEqual([])
  expect(watch.running(3000)).toEqual([])
  expect(watch.running(2000)).toEqual([])
})

test('each person’s processes are theirs', () => {
  const { m, look, shell, names } = world()
  const other = m.shell(500, 'zsh', 2000)
  m.run(200, 'mine', 100)
  m.run(501, 'theirs', 500)
  look(shell, other)
  expect(names(1000)).toEqual(['mine'])
  expect(names(2000)).toEqual(['theirs'])
})

test('a number that is used again is another process, and no shell', () => {
  const { m, look, names, written } = world()
  m.run(200, 'first', 100)
  look()
  m.pass(10_000)
  m.run(200, 'second', 100)
  look()
  expect(names()).toEqual([])
  look()
  expect(names()).toEqual(['second'])
  expect(written().map(({ name }) => name)).toEqual(['first'])
  // The shell's own number, too.
  m.pass(10_000)
  m.run(100, 'bash', 1, { foreground: 100 })
  m.run(201, 'third', 100)
  look()
  expect(names()).not.toContain('third')
})

test('a shell that loaded the hook before the clock was set forward is watched', () => {
  const { m, look, names } = world()
  const before = m.shell(600)
  m.run(601, 'make', 600)
  m.pass(60_000, 86_400_000)
  look(before)
  expect(names()).toEqual(['make'])
})

test('a shell whose number was given to another person’s since the hook was loaded is not watched', () => {
  const { m, look, names } = world()
  const gone = m.shell(600)
  m.pass(60_000)
  m.run(600, 'bash', 1, { foreground: 600, uid: 2000 })
  m.run(601, 'other', 600)
  look(gone)
  expect([...names(), ...names(2000)]).toEqual([])
})

test('what outlives its shell is followed to its end, and what it then starts is not', () => {
  const { m, look, names, written, watch, shell } = world()
  m.run(200, 'server', 100)
  look()
  m.end(100)
  m.change(200, { parent: 1 })
  m.pass(10_000)
  look()
  expect(names()).toEqual(['server'])
  m.run(201, 'worker', 200)
  m.pass(10_000)
  watch.look([])
  expect(names(), 'its file is gone too').toEqual(['server'])
  m.pass(10_000)
  m.end(200)
  watch.look([])
  expect(written()).toMatchObject([{ name: 'server', duration_ms: 20_000 }])
  // Nobody is there any more: nothing is read.
  const before = m.reads()
  watch.look([])
  expect(m.reads()).toBe(before)
  expect(shell.pid).toBe(100)
})

test('a process that waits to be taken leave of has ended, and says how much time it took', () => {
  const { m, look, written } = world()
  m.run(200, 'cc', 100, { peak: 7_000_000 })
  look()
  m.pass(1_000)
  m.change(200, { state: 'Z', cpuMs: 950, peak: undefined })
  look()
  expect(written()).toMatchObject([{ name: 'cc', cpu_ms: 950, peak_rss_bytes: 7_000_000 }])
})

test('a process belongs to the line during which it began; the line needed what its largest process did', () => {
  const { m, look, watch, shell } = world()
  look()
  m.pass(5_000)
  const begin = m.now()
  m.run(200, 'sort', 100, { peak: 3_000_000 })
  m.run(201, 'uniq', 100, { peak: 8_000_000 })
  m.pass(1_000)
  look()
  m.pass(2_000)
  m.end(200)
  m.end(201)
  look()
  watch.take()
  watch.ran(shell, [line('before', begin - 4_000, begin - 3_000), line('its', begin, m.now(), 3)])
  const batches = watch.take()
  expect(rowsOf(batches)).toMatchObject([
    { name: 'sort', event_id: 'its', exit_code: 3 },
    { name: 'uniq', event_id: 'its', exit_code: 3 },
  ])
  expect(peaksOf(batches)).toEqual([{ event_id: 'its', peak_rss_bytes: 8_000_000, last_start: begin }])
  // Told once.
  watch.ran(shell, [line('later', begin, m.now())])
  expect(watch.take()).toEqual([])
})

test('what a line leaves in the background is its, although it ended before anybody looked', () => {
  const { m, look, watch, shell } = world()
  look()
  m.pass(5_000)
  const begin = m.now()
  m.run(200, 'sleep', 100)
  m.pass(2)
  watch.ran(shell, [line('background', begin, m.now())])
  m.pass(800)
  look()
  m.pass(30_000)
  m.change(200, { peak: 44_000_000 })
  look()
  m.end(200)
  look()
  m.pass(10_000)
  look()
  const batches = watch.take()
  expect(rowsOf(batches)).toMatchObject([{ name: 'sleep', event_id: 'background', exit_code: null }])
  expect(last(peaksOf(batches))).toMatchObject({ event_id: 'background', peak_rss_bytes: 44_000_000 })
})

test.each([
  ['fish', 'left'],
  ['bash', null],
])('a program that began 100 ms behind the end of a line of %s belongs to the line %s', (name, id) => {
  const { m, watch, look } = world()
  const shell = m.shell(300, name)
  look(shell)
  m.pass(5_000)
  const begun = m.now()
  m.run(301, 'hog', 300)
  watch.ran(shell, [line('left', begun - 105, begun - 100)])
  m.pass(100)
  look(shell)
  expect(watch.running(1000).map(({ event_id }) => event_id)).toEqual([id])
})

test('of a line that was deleted nothing is written any more: what waits, what still runs, what was given back', () => {
  const { m, look, watch, shell, names } = world()
  look()
  m.pass(5_000)
  const begin = m.now()
  m.run(200, 'sleep', 100)
  m.run(201, 'make', 100)
  m.pass(1_000)
  look()
  m.end(201)
  m.pass(1_000)
  watch.ran(shell, [line('gone', begin, m.now())])
  m.pass(5_000)
  const other = m.now()
  m.run(202, 'vim', 100)
  m.pass(1_000)
  look()
  watch.ran(shell, [line('stays', other, m.now())])
  expect(rowsOf(watch.take())).toMatchObject([{ name: 'make', event_id: 'gone' }])
  // Somebody else's line of the same name is another one.
  watch.forget(1001, new Set(['gone', 'stays']))
  watch.forget(1000, new Set(['gone']))
  watch.giveBack()
  expect(names().sort()).toEqual(['sleep', 'vim'])
  expect(watch.running(1000).map(({ event_id }) => event_id)).not.toContain('gone')
  m.pass(10_000)
  m.change(200, { peak: 44_000_000 })
  look()
  m.end(200)
  m.end(202)
  look()
  const batches = watch.take()
  expect(rowsOf(batches)).toMatchObject([{ name: 'vim', event_id: 'stays' }])
  expect(new Set(peaksOf(batches).map(({ event_id }) => event_id))).toEqual(new Set(['stays']))
})

test('lines typed at once: what has the terminal when the first is over belongs to the next', () => {
  const { m, look, watch, shell } = world()
  look()
  m.pass(5_000)
  const begin = m.now()
  m.pass(5)
  m.run(200, 'make', 100)
  m.change(100, { foreground: 200 })
  m.pass(1_000)
  look()
  watch.ran(shell, [line('cd', begin, begin + 1)])
  expect(watch.running(1000)).toMatchObject([{ event_id: null }])
  m.pass(5_000)
  watch.ran(shell, [line('make', begin + 4, m.now())])
  expect(watch.running(1000)).toMatchObject([{ event_id: 'make' }])
})

test('a shell is known by its first line already, and what that left in the background is its', () => {
  const { m, look, watch, shell } = world()
  const begin = m.now()
  m.run(200, 'sleep', 100)
  m.pass(2)
  watch.ran(shell, [line('first', begin, m.now())])
  m.pass(1_000)
  look()
  expect(watch.running(1000)).toMatchObject([{ name: 'sleep', event_id: 'first' }])
  const foreign = m.shell(500, 'bash', 2000)
  m.run(501, 'secret-tool', 500)
  watch.ran({ ...foreign, uid: 1000, person: 1000 }, [line('forged', begin, m.now())])
  look(shell, { ...foreign, uid: 1000, person: 1000 })
  expect(watch.running(1000)).toHaveLength(1)
})

test.each(['before', 'after'])(
  'a line that is told %s its process is missed says when that ended',
  (when) => {
    const { m, look, watch, shell, written } = world()
    look()
    m.pass(5_000)
    const begin = m.now()
    m.run(200, 'sort', 100)
    m.pass(1_000)
    look()
    m.pass(600)
    m.end(200)
    const its = line('its', begin, m.now())
    if (when === 'before') watch.ran(shell, [its])
    m.pass(400)
    look()
    if (when === 'after') watch.ran(shell, [its])
    expect(written()).toMatchObject([{ name: 'sort', duration_ms: 1_600, event_id: 'its', exit_code: 0 }])
  },
)

test('lines of one shell say nothing of the processes of another', () => {
  const { m, look, watch, shell } = world()
  const other = m.shell(500)
  m.pass(5_000)
  const begin = m.now()
  m.run(501, 'vim', 500)
  m.pass(1_000)
  look(shell, other)
  watch.ran(shell, [line('sleep', begin - 100, m.now())])
  expect(watch.running(1000)).toMatchObject([{ name: 'vim', event_id: null }])
})

test('the clock is set: when processes began stays what it was, and how long they take is not touched', () => {
  const { m, look, watch } = world()
  m.run(200, 'make', 100)
  look()
  const [before] = watch.running(1000) as [ProcessRow]
  m.pass(60_000, -3_600_000)
  look()
  expect(watch.running(1000)).toMatchObject([{ started_at: before.started_at, duration_ms: 60_000 }])
  m.pass(60_000, 86_400_000)
  look()
  expect(watch.running(1000)).toMatchObject([{ started_at: before.started_at, duration_ms: 120_000 }])
})

test('what cannot be written is given back and written the next time, as it is then', () => {
  const { m, look, watch } = world()
  m.run(200, 'make', 100)
  look()
  m.end(200)
  m.pass(1_000)
  look()
  expect(rowsOf(watch.take())).toHaveLength(1)
  watch.giveBack()
  expect(rowsOf(watch.take())).toHaveLength(1)
  watch.done()
  expect(watch.take()).toEqual([])
})

test('at the end all that lives is written as far as it is known', () => {
  const { m, look, watch } = world()
  m.run(200, 'server', 100)
  m.pass(4_000)
  look()
  watch.end()
  expect(rowsOf(watch.take())).toMatchObject([{ name: 'server', duration_ms: 4_000 }])
  expect(watch.running(1000)).toEqual([])
})

test('bounds: shells, processes of one, of all, and how deep', () => {
  const { m, look, shell, watch } = world()
  for (let i = 0; i < 2 * LIVE_PER_SHELL_MAX; i++) m.run(1_000 + i, 'fork', 100)
  look()
  expect(watch.running(1000)).toHaveLength(LIVE_PER_SHELL_MAX)
  const others = Array.from({ length: SHELLS_MAX + 50 }, (_, i) => m.shell(100_000 + 1_000 * i))
  for (const { pid } of others) for (let i = 1; i < 20; i++) m.run(pid + i, 'fork', pid)
  const looked = look(shell, ...others)
  expect(looked).toMatchObject({ shells: SHELLS_MAX, live: LIVE_MAX })
  const deep = createWatch(m)
  for (let i = 0; i < 100; i++) m.run(900_001 + i, 'deep', 900_000 + i)
  const bottom = m.shell(900_000)
  deep.look([bottom])
  expect(deep.running(1000)).toHaveLength(DEPTH_MAX)
})

test('a process that stays the same is looked at ever more rarely, one that starts others each time', () => {
  const { m, look } = world()
  m.run(200, 'vim', 100)
  for (let i = 0; i < 40; i++) {
    m.pass(1_000)
    look()
  }
  const before = m.reads()
  for (let i = 0; i < 10; i++) {
    m.pass(1_000)
    look()
  }
  // Of ten looks at the shell, two reads each, the process was looked at in two, three reads each.
  expect(m.reads() - before).toBeLessThanOrEqual(10 * 2 + 3 * 3)
  m.run(300, 'make', 100)
  let seen = 0
  for (let i = 0; i < 20; i++) {
    m.run(1_000 + i, 'cc', 300)
    m.pass(1_000)
    seen += look().changed
    m.end(1_000 + i)
  }
  expect(seen).toBeGreaterThan(35)
})

// What is read of /proc: of this machine's own, and of files that say what no machine should.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createProc, parseStat } from '../../../../src/observe/processes/proc.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAll } from '../../../support/run/properties.ts'
import { until } from '../../../support/run/until.ts'

const proc = createProc()

/** As the kernel writes it, with these fields of proc(5). */
function statOf(name: string, { utime = 3, stime = 4, started = 500 } = {}): string {
  const fields = ['S', 1, 77, 77, 34816, 78, 4194304, 0, 0, 0, 0, utime, stime, 0, 0, 20, 0, 5, 0, started]
  return `4711 (${name}) ${fields.join(' ')} 1000 200 18446744073709551615\n`
}

test('this process: its name, times, memory, user and children', async () => {
  const child = spawn('sleep', ['1000'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await until(() => proc.stat(child.pid!)?.name === 'sleep', { what: 'the child is sleep' })
  const own = proc.stat(process.pid)!
  expect(own.threads).toBeGreaterThan(1)
  expect(own.name, 'not what Node calls its thread').toBe('node')
  const uptime = proc.uptimeMs()!
  expect(own.startedMs).toBeLessThanOrEqual(uptime)
  expect(Math.abs(uptime - own.startedMs - process.uptime() * 1000)).toBeLessThan(60_000)
  expect(proc.children(process.pid, own.threads)).toContain(child.pid)
  expect(proc.userOf(process.pid)).toBe(process.getuid!())
  expect(proc.peakBytes(process.pid)).toBeGreaterThanOrEqual(process.memoryUsage.rss() / 2)
  expect(proc.stat(child.pid!)).toMatchObject({ name: 'sleep', threads: 1 })
  child.kill('SIGKILL')
  await until(() => proc.stat(child.pid!) === undefined, { what: 'the child is gone' })
  expect(proc.peakBytes(child.pid!)).toBeUndefined()
  expect(proc.children(child.pid!, 1)).toEqual([])
  expect(proc.userOf(child.pid!)).toBeUndefined()
})

test('Karo’s own guard and finder are known by their words, and of others no words are read', () => {
  const root = temporaryDirectory()
  const [node, karo] = ['/usr/bin/node', '/opt/karo/dist/karo.js']
  const own = (words: readonly string[], name = 'node'): boolean => {
    mkdirSync(join(root, '7'), { recursive: true })
    writeFileSync(join(root, '7/cmdline'), words.map((word) => `${word}\0`).join(''))
    return createProc(root).isOwn(7, name)
  }
  expect(own([node, karo, 'guard', 'ask', '--shell', 'bash'])).toBe(true)
  expect(own(['node', '/usr/bin/karo', 'guard', 'ask', '--shell', 'zsh'], 'MainThread')).toBe(true)
  expect(own([node, karo, 'history', '--interactive'])).toBe(true)
  expect(own([node, karo, 'history', 'guard', 'ask'])).toBe(false)
  expect(own([node, 'server.js', 'guard', 'ask'])).toBe(false)
  expect(own([node, karo, 'guard', 'ask'], 'make')).toBe(false)
})

test('a program of Node is named by its file; without one the process is ending, and its thread names nothing', () => {
  const root = temporaryDirectory()
  mkdirSync(join(root, '7'))
  writeFileSync(join(root, '7/stat'), statOf('MainThread'))
  expect(createProc(root).stat(7)).toMatchObject({ state: 'X' })
  // One that may not be read, as root may read all: it is no link.
  writeFileSync(join(root, '7/exe'), '')
  expect(createProc(root).stat(7)).toMatchObject({ state: 'S', name: 'MainThread' })
  rmSync(join(root, '7/exe'))
  symlinkSync('/opt/node/bin/node22', join(root, '7/exe'))
  expect(createProc(root).stat(7)).toMatchObject({ state: 'S', name: 'node22' })
})

test('a machine without /proc', () => {
  const none = createProc('/nonexistent')
  expect(none.uptimeMs()).toBeUndefined()
  expect(none.stat(1)).toBeUndefined()
  expect(none.children(1, 1)).toEqual([])
})

test('a list of children longer than one piece is read whole, up to a bound', () => {
  const root = temporaryDirectory()
  mkdirSync(join(root, '7/task/7'), { recursive: true })
  const write = (count: number): void =>
    writeFileSync(
      join(root, '7/task/7/children'),
      Array.from({ length: count }, (_, i) => `${100_000 + i} `).join(''),
    )
  write(1_000)
  expect(createProc(root).children(7, 1)).toEqual(Array.from({ length: 1_000 }, (_, i) => 100_000 + i))
  write(5_000)
  expect(createProc(root).children(7, 1)).toHaveLength(1024)
})

test('the children of every thread', () => {
  const root = temporaryDirectory()
  for (const [thread, children] of [
    [7, '8 9 '],
    [10, '11 '],
    [12, ''],
  ] as const) {
    mkdirSync(join(root, `7/task/${thread}`), { recursive: true })
    writeFileSync(join(root, `7/task/${thread}/children`), children)
  }
  expect([...createProc(root).children(7, 3)].sort()).toEqual([11, 8, 9])
})

test('a name may hold whatever it likes', () => {
  forAll(fc.string({ maxLength: 15 }), fc.nat(1e9), fc.nat(1e9), (name, ticks, started) => {
    const stat = parseStat(statOf(name, { utime: ticks, stime: 0, started }))
    expect(stat).toEqual({
      name,
      state: 'S',
      group: 77,
      foreground: 78,
      threads: 5,
      cpuMs: ticks * 10,
      startedMs: started * 10,
    })
  })
  expect(parseStat(statOf(') R 1 2 (evil')))?.toMatchObject({ name: ') R 1 2 (evil', state: 'S' })
})

test('what is no stat is none', () => {
  forAll(fc.string(), (text) => void parseStat(text))
  for (const text of ['', '1', '1 (a', '1 (a)', '1 (a) S', ')(', statOf('a').slice(0, 40)])
    expect(parseStat(text)).toBeUndefined()
})

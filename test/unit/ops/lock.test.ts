// The name of a home's daemon: a live one is refused by pid, a dead one's is worth nothing.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createLock, managerIn, readHolder, refuseSecond } from '../../../src/ops/system/lock.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

let home: string
let path: string
const signal = new AbortController().signal
beforeEach(() => {
  home = temporaryDirectory()
  path = join(home, 'karo.lock')
})

test('a held home is refused by pid, a released one is free, and nothing is left behind', async () => {
  await refuseSecond(path)
  const lock = createLock(path)
  await lock.start(signal)
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await expect(refuseSecond(path)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`pid ${process.pid}`),
    where: path,
  })
  await lock.stop()
  expect(readdirSync(home)).toEqual([])
  await refuseSecond(path)
})

test('a copy of a home has the lock of the daemon of the other one, which is nobody there', async () => {
  const lock = createLock(path)
  await lock.start(signal)
  const copy = temporaryDirectory()
  cpSync(home, copy, { recursive: true })
  expect(await readHolder(join(copy, 'karo.lock'))).toBeUndefined()
  await refuseSecond(join(copy, 'karo.lock'))
  expect(await readHolder(path)).toEqual({ pid: process.pid, alive: true })
  await lock.stop()
})

test('another process is refused while it lives, and not any more once it was killed', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await once(child, 'spawn')
  writeFileSync(path, JSON.stringify({ pid: child.pid, started: startOf(child.pid!) }))
  await expect(refuseSecond(path)).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringContaining(`pid ${child.pid}`),
  })
  child.kill('SIGKILL')
  await once(child, 'exit')
  await refuseSecond(path)
})

test.each([
  ['a pid that lives, but started at another time', JSON.stringify({ pid: process.pid, started: 'boot:1' })],
  ['pid 1 of another boot', JSON.stringify({ pid: 1, started: 'another-boot:5' })],
  ['a pid that is nobody', JSON.stringify({ pid: 2 ** 22 + 1, started: 'boot:1' })],
  ['an empty file', ''],
  ['half a line', '{"pid": 12'],
  ['something else', 'null'],
])('what a dead daemon left counts as nothing: %s', async (_, text) => {
  writeFileSync(path, text)
  await refuseSecond(path)
  const lock = createLock(path)
  await lock.start(signal)
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
    pid: process.pid,
    started: startOf(process.pid),
    home: statSync(home).ino,
  })
  await lock.stop()
})

/** A process that the system lists under a name, and that does nothing. */
async function sleeperNamed(name: string): Promise<number> {
  const script = `require('fs').writeFileSync('/proc/self/comm', '${name}'); console.log(1); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid as number
}

test('in a container the boot id depends on who reads it: the daemon with that pid and start is alive', async () => {
  const of = (pid: number): string =>
    JSON.stringify({ pid, started: startOf(pid).replace(/^.*:/, 'what-the-unit-sees:') })
  const daemon = await sleeperNamed('karo')
  writeFileSync(path, of(daemon))
  expect(await readHolder(path)).toEqual({ pid: daemon, alive: true })
  await expect(refuseSecond(path)).rejects.toMatchObject({ code: 'conflict' })
  // After a reboot another program may have got the same pid in the same hundredth of a second.
  const other = await sleeperNamed('other')
  writeFileSync(path, of(other))
  expect(await readHolder(path)).toEqual({ pid: other, alive: false })
  // And so may whoever asks.
  writeFileSync(path, of(process.pid))
  expect(await readHolder(path)).toMatchObject({ alive: false })
})

test('stop does not remove a name that is no longer its own', async () => {
  const lock = createLock(path)
  await lock.start(signal)
  writeFileSync(path, 'somebody else')
  await lock.stop()
  expect(readFileSync(path, 'utf8')).toBe('somebody else')
})

/** The format, stated once more on its own: boot id, then field 22 of /proc/<pid>/stat. */
function startOf(pid: number): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return `${boot}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`
}

test('a daemon that a service manager keeps is stopped by it, and one that was typed by karo stop', async () => {
  const lock = createLock(path)
  await lock.start(signal)
  await expect(refuseSecond(path)).rejects.toMatchObject({
    // The command stands in a part of its own, so that it gets the home of whoever is told.
    hint: expect.stringContaining('karo stop;'),
  })
  await expect(refuseSecond(path, true)).rejects.toMatchObject({
    hint: 'Stop it first: sudo systemctl stop karo',
  })
  await lock.stop()
})

test.each([
  ['0::/system.slice/karo.service\n', 'system'],
  ['4:memory:/x\n1:name=systemd:/system.slice/karo.service/payload\n', 'system'],
  ['0::/user.slice/user-1000.slice/user@1000.service/app.slice/karo.service\n', 'user'],
  ['0::/user.slice/user-1000.slice/session-2.scope\n', undefined],
  ['0::/system.slice/karo.service.wants\n', undefined],
  ['', undefined],
])('whose unit a process belongs to: %s', (groups, manager) => {
  expect(managerIn(groups)).toBe(manager)
})

// A file is there when its name is on disk too, whole, with its mode, and instead of nobody else's.
import * as fs from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { beginFile, createFile, freeName, replaceFile, syncFilesOf } from '../../../src/base/files.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

/** What was made durable, in order: the content of a file, or the names in a directory. */
const synced: (string | string[])[] = []
/** A filesystem without a second name for a file, as FAT is. */
const stick = vi.hoisted(() => ({ inUse: false }))
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return {
    ...real,
    linkSync(from: string, to: string) {
      if (stick.inUse) throw Object.assign(new Error('operation not permitted, link'), { code: 'EPERM' })
      real.linkSync(from, to)
    },
    fsyncSync(fd: number) {
      const path = real.readlinkSync(`/proc/self/fd/${fd}`)
      synced.push(
        real.statSync(path).isDirectory() ? real.readdirSync(path) : real.readFileSync(path, 'utf8'),
      )
      real.fsyncSync(fd)
    },
  }
})
beforeEach(() => {
  synced.splice(0)
  stick.inUse = false
})

test('first what is in it, then its name, which is the only one', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  expect(createFile(path, 'one', 0o640, systemRandom)).toBe(true)
  expect(synced).toEqual(['one', ['out']])
  expect(fs.statSync(path).mode & 0o777).toBe(0o640)
  replaceFile(path, 'two', 0o600, systemRandom)
  expect(synced.slice(2)).toEqual(['two', ['out']])
  expect(fs.statSync(path).mode & 0o777).toBe(0o600)
  expect(createFile(path, 'three', 0o600, systemRandom)).toBe(false)
  expect([fs.readFileSync(path, 'utf8'), fs.readdirSync(directory)]).toEqual(['two', ['out']])
})

test('what is not to replace it leaves it as it was, and is told whether somebody else is about to', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  fs.writeFileSync(path, 'one')
  const seen: boolean[] = []
  const replace = (random = systemRandom) =>
    replaceFile(path, 'two', 0o600, random, (isAlone) => {
      seen.push(isAlone)
      throw new Error('not now')
    })
  expect(() => replace()).toThrow('not now')
  const whileAnotherBegins = {
    ...systemRandom,
    bytes(length: number) {
      fs.writeFileSync(join(directory, '.out.theirs.tmp'), 'three')
      return systemRandom.bytes(length)
    },
  }
  expect(() => replace(whileAnotherBegins)).toThrow('not now')
  expect(seen).toEqual([true, false])
  expect([fs.readFileSync(path, 'utf8'), fs.readdirSync(directory)]).toEqual([
    'one',
    ['.out.theirs.tmp', 'out'],
  ])
})

test('piece by piece, and nothing of it when it is discarded', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  const file = beginFile(path, 0o600, join(directory, '.out'))
  file.write('one ')
  file.write(Buffer.from('two'))
  expect(fs.readFileSync(file.temporary, 'utf8')).toBe('one two')
  expect(file.create()).toBe(true)
  file.discard()
  expect(synced).toEqual(['one two', ['out']])
  const gone = beginFile(path, 0o600, join(directory, '.out'))
  expect(gone.create()).toBe(false)
  gone.discard()
  expect(fs.readdirSync(directory)).toEqual(['out'])
})

test('everything in a directory is made durable, and its names', () => {
  const directory = temporaryDirectory()
  for (const name of ['a', 'b']) fs.writeFileSync(join(directory, name), name)
  syncFilesOf(directory)
  expect(synced).toEqual(['a', 'b', ['a', 'b']])
})

test('a dated name is one that nothing has, not even a link that leads nowhere', () => {
  const prefix = join(temporaryDirectory(), 'kept')
  const now = Date.UTC(2026, 10, 20, 23, 59)
  expect(freeName(prefix, now)).toBe(`${prefix}-2026-11-20`)
  fs.symlinkSync('nowhere', `${prefix}-2026-11-20`)
  fs.mkdirSync(`${prefix}-2026-11-20-2`)
  expect(freeName(prefix, now)).toBe(`${prefix}-2026-11-20-3`)
})

test('on a stick that knows no links it is whole all the same, and instead of nobody else’s', () => {
  stick.inUse = true
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  expect(createFile(path, 'one', 0o600, systemRandom)).toBe(true)
  expect(synced).toEqual(['one', ['out']])
  expect(createFile(path, 'two', 0o600, systemRandom)).toBe(false)
  expect([fs.readFileSync(path, 'utf8'), fs.readdirSync(directory)]).toEqual(['one', ['out']])
})

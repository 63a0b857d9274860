// What a person is told when a file cannot be written: the cause, the place they named, and what helps.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemRandom } from '../../../src/base/clock.ts'
import { diskTrouble, whyUnreadable } from '../../../src/base/disk-trouble.ts'
import { createOutput } from '../../../src/cli/output-file.ts'
import { newDatabase } from '../../../src/store/level/database.ts'
import { createIdentityFile, protectIdentityFile } from '../../../src/trust/identity/keyfile.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const root = process.getuid?.() === 0

function mounted(...options: string[]): string {
  const directory = temporaryDirectory()
  const ran = spawnSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'karo-test', directory])
  if (ran.status !== 0) throw new Error(String(ran.stderr))
  onTestFinished(() => void spawnSync('umount', ['-l', directory]))
  return directory
}
const remount = (directory: string): void => void spawnSync('mount', ['-o', 'remount,ro', directory])
const thrown = (act: () => unknown): unknown => {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('a directory that is missing, and a file in its place, are named', () => {
  const directory = temporaryDirectory()
  expect(thrown(() => createOutput(join(directory, 'none/out')))).toMatchObject({
    code: 'bad_file',
    where: join(directory, 'none/out'),
    message: `it cannot be written: there is no directory ${directory}/none (ENOENT)`,
    hint: expect.stringContaining('Create it first'),
  })
  writeFileSync(join(directory, 'file'), '')
  expect(thrown(() => createOutput(join(directory, 'file/out')))).toMatchObject({
    message: `it cannot be written: ${directory}/file is not a directory (ENOTDIR)`,
  })
})

test('a quota that is used up is told as one, also where only the database names it', () => {
  const told = {
    reason: 'your quota on the disk of /a is used up (EDQUOT)',
    hint: expect.stringMatching(/room/),
  }
  const error = Object.assign(new Error('EDQUOT: disk quota exceeded, write'), { code: 'EDQUOT' })
  expect(diskTrouble('/a/out', error)).toEqual(told)
  expect(diskTrouble('/a/out', new Error('IO error: /a/000009.log: Disk quota exceeded'))).toEqual(told)
})

test('what has no words of ours keeps the reason of the system, and not the name that nobody gave', () => {
  const cause = Object.assign(new Error("ELOOP: too many symbolic links, open '/a, b/.karo.1.ff.tmp'"), {
    code: 'ELOOP',
  })
  expect(diskTrouble('/a, b/out', cause)).toEqual({
    reason: 'ELOOP: too many symbolic links',
    hint: 'Check that /a, b can be written to.',
  })
  expect(diskTrouble('/a/out', new Error('odd')).reason).toBe('odd')
})

test.runIf(root)(
  'a full disk is told as one, also of a key and by the database, and nothing is left there',
  async () => {
    const directory = mounted('size=64k')
    const key = join(directory, 'identity.key')
    createIdentityFile(key, systemRandom)
    const output = createOutput(join(directory, 'out'))
    const full = thrown(() => output.write(Buffer.alloc(128 * 1024)))
    const told = `the disk of ${directory} is full (ENOSPC)`
    expect(full).toMatchObject({
      message: `it cannot be written: ${told}`,
      hint: expect.stringContaining('Make room'),
    })
    expect(readdirSync(directory)).toEqual(['identity.key'])
    expect(thrown(() => writeFileSync(join(directory, 'ballast'), Buffer.alloc(128 * 1024)))).toBeDefined()
    expect(
      thrown(() => protectIdentityFile(key, Buffer.from('a long passphrase'), systemRandom)),
    ).toMatchObject({
      message: `the key cannot be written: ${told}`,
      hint: expect.stringContaining('Make room'),
    })
    const db = newDatabase(join(directory, 'db'))
    const cause = await db.open().then(
      () => db.put(Buffer.from('a'), Buffer.alloc(100_000)),
      (error: unknown) => error,
    )
    expect(diskTrouble(join(directory, 'db'), cause)).toMatchObject({ reason: told })
  },
)

test.runIf(root)('a read-only file system is told as one, whatever is missing on it', async () => {
  const directory = mounted('size=64k')
  mkdirSync(join(directory, 'there'))
  remount(directory)
  for (const name of ['out', 'there/out']) {
    expect(thrown(() => createOutput(join(directory, name)))).toMatchObject({
      message: expect.stringMatching(/read-only \(EROFS\)$/),
    })
  }
  // The system says ENOENT of directories that are made on the way.
  const made = join(directory, 'none/home')
  const cause = await mkdir(made, { recursive: true }).catch((error: unknown) => error)
  expect(diskTrouble(join(made, 'db'), cause).reason).toMatch(/read-only \(EROFS\)$/)
  const missing = await open(join(made, 'db'), 'w').catch((error: unknown) => error)
  expect(diskTrouble(join(made, 'db'), missing).reason).toMatch(/read-only \(EROFS\)$/)
})

test('where nothing may be made, the directory that refuses is named, and none that is not there', () => {
  const directory = temporaryDirectory()
  const cause = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' })
  expect(diskTrouble(join(directory, 'none/nothing/out'), cause).reason).toBe(
    `you may not write to ${directory} (EACCES)`,
  )
})

test('why a file cannot be read is told in words, and what is no error of the system says so itself', () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'file')
  writeFileSync(file, '')
  symlinkSync('loop', join(directory, 'loop'))
  const why = (path: string): string => {
    try {
      readFileSync(path)
    } catch (cause) {
      return whyUnreadable(cause)
    }
    return ''
  }
  expect(why(directory)).toBe('this is a directory')
  expect(why(join(directory, 'none'))).toBe('there is no such file')
  expect(why(join(file, 'below'))).toBe('a part of the path is not a directory')
  expect(why(join(directory, 'loop'))).toBe('symbolic links form a loop')
  expect(whyUnreadable(new Error('it has 12 bytes'))).toBe('it has 12 bytes')
})

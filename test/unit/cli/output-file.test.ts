// Files that commands write piece by piece: whole under their name, or nothing at all.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createOutput } from '../../../src/cli/output-file.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

test('it is there when it is finished, and only then; for its owner alone', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  const output = createOutput(path)
  output.write('one ')
  output.write('two')
  expect(existsSync(path)).toBe(false)
  output.finish()
  output[Symbol.dispose]()
  expect(readFileSync(path, 'utf8')).toBe('one two')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(directory)).toEqual(['out'])
})

test('what is discarded leaves nothing, and neither does a directory that is not there', () => {
  const directory = temporaryDirectory()
  const output = createOutput(join(directory, 'out'))
  output.write('half')
  output[Symbol.dispose]()
  expect(readdirSync(directory)).toEqual([])
  expect(() => createOutput(join(directory, 'none/out'))).toThrow(
    expect.objectContaining({ code: 'bad_file' }),
  )
})

test('what cannot be removed hides no reason', () => {
  const output = createOutput(join(temporaryDirectory(), 'out'))
  rmSync(output.temporary)
  mkdirSync(output.temporary)
  const failing = (): void => {
    using _ = output
    throw new Error('the reason')
  }
  expect(failing).toThrow(/^the reason$/)
})

test('never in place of another, not even of one that came meanwhile', () => {
  const directory = temporaryDirectory()
  const path = join(directory, 'out')
  const output = createOutput(path)
  output.write('mine')
  writeFileSync(path, 'theirs')
  expect(() => createOutput(path)).toThrow(expect.objectContaining({ code: 'conflict' }))
  const taken = expect.objectContaining({ code: 'conflict' })
  expect(() => output.finish()).toThrow(taken)
  expect(readFileSync(path, 'utf8')).toBe('theirs')
  expect(readdirSync(directory)).toEqual(['out'])
})

const MODULE = join(import.meta.dirname, '../../../src/cli/output-file.ts')
/** Writes half of a file and then waits for its end. */
const HALF = `
  import { createOutput } from ${JSON.stringify(MODULE)}
  createOutput(process.argv[1]).write('half')
  process.stdout.write('ready')
  setInterval(() => {}, 1000)
`
async function ended(directory: string, signal: NodeJS.Signals): Promise<unknown> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HALF, join(directory, 'out')])
  await once(child.stdout, 'data')
  expect(readdirSync(directory)).toHaveLength(1)
  child.kill(signal)
  return (await once(child, 'exit'))[1]
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'nothing stays after %s, which ends as ever',
  async (signal) => {
    const directory = temporaryDirectory()
    expect(await ended(directory, signal)).toBe(signal)
    expect(readdirSync(directory)).toEqual([])
  },
)

test('what a kill left goes with the next one; what somebody writes right now stays', async () => {
  const directory = temporaryDirectory()
  await ended(directory, 'SIGKILL')
  expect(readdirSync(directory)).toHaveLength(1)
  const [one, two] = [createOutput(join(directory, 'one')), createOutput(join(directory, 'two'))]
  expect(readdirSync(directory)).toHaveLength(2)
  one.finish()
  two.finish()
  expect(readdirSync(directory)).toEqual(['one', 'two'])
})

// What loads the chunks of the built program: each once, with the code of an earlier run where V8 takes it.
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { describeError } from '../../../src/api/server/errors.ts'
import { programLoader } from '../../../src/cli/loader.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

const KEEP = Symbol.for('karo.code')
type Keeper = { [KEEP]?: () => () => void }

/** A program of two chunks that need each other, and the loader of it. */
function program() {
  const directory = temporaryDirectory()
  mkdirSync(join(directory, 'chunks'))
  const script = (code: string) =>
    `(function(exports,require,module,__filename,__dirname){"use strict";${code}\n})`
  const write = (name: string, code: string) => writeFileSync(join(directory, 'chunks', name), script(code))
  write(
    'a.js',
    'exports.own = () => 1; const b = require("./b.js"); exports.sum = () => exports.own() + b.two()',
  )
  write('b.js', 'const a = require("./a.js"); exports.two = () => a.own() + 1; exports.where = __dirname')
  const outside: string[] = []
  const load = (packed: readonly string[] = []) => {
    delete (globalThis as Keeper)[KEEP]
    const required = programLoader(directory, (name) => outside.push(name), packed)
    return { required, keep: (globalThis as Keeper)[KEEP]!() }
  }
  const kept = () =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^\.cache\/.*\.js$/.test(name),
    )
  return { directory, outside, load, kept, write, script }
}

test('chunks are loaded once, may need each other, and everything else comes from outside', () => {
  const { directory, outside, load, write } = program()
  const { required } = load()
  const a = required('./chunks/a.js') as { sum(): number }
  expect(a.sum()).toBe(3)
  expect(required('./chunks/a.js')).toBe(a)
  expect((required('./chunks/b.js') as { where: string }).where).toBe(join(directory, 'chunks'))
  required('node:fs')
  expect(outside).toEqual(['node:fs'])

  // A chunk that an update took away is told as that, and asked for again.
  let problem: unknown
  try {
    required('./chunks/c.js')
  } catch (error) {
    problem = error
  }
  expect(describeError(problem)).toMatchObject({
    status: 503,
    unexpected: false,
    body: { error: { code: 'unavailable', hint: expect.stringContaining('Restart') } },
  })
  write('c.js', 'exports.three = 3')
  expect(required('./chunks/c.js')).toEqual({ three: 3 })
})

test('what is packed is taken from one file with what it imports at once, and other chunks from their own', () => {
  const { directory, load, kept, write, script } = program()
  write('c.js', 'exports.three = require("./a.js").sum()')
  write('d.js', 'throw new Error("the file of its own was run")')
  const members = { 'd.js': 'exports.four = () => require("./c.js").three + 1', 'never.js': 'exports.no = 1' }
  const text = Object.entries(members).map(([name, code]) => `"${name}":${script(code)}`)
  writeFileSync(join(directory, 'chunks', 'pack-d.js'), `({${text.join()}})`)
  const { required, keep } = load(['d.js'])
  const d = required('./chunks/d.js') as { four(): number }
  expect(d.four()).toBe(4)
  expect(required('./chunks/d.js')).toBe(d)
  keep()
  expect(kept().map((name) => name.split('/').at(-1))).toEqual(
    expect.arrayContaining(['a.js', 'b.js', 'c.js', 'pack-d.js']),
  )
  expect(kept()).toHaveLength(4)
})

test('code is kept when that is asked for, and a damaged file of it, or one of another source, changes nothing', () => {
  const { directory, load, kept, write } = program()
  const first = load()
  first.required('./chunks/a.js')
  expect(kept()).toEqual([])
  first.keep()
  expect(kept()).toHaveLength(2)
  const [file = ''] = kept().map((name) => join(directory, name))
  writeFileSync(file, 'no code')
  const second = load()
  expect((second.required('./chunks/a.js') as { sum(): number }).sum()).toBe(3)
  // Another source under the same name: V8 compares its length.
  write('a.js', 'exports.sum = () => 40')
  expect((load().required('./chunks/a.js') as { sum(): number }).sum()).toBe(40)
})

test('a directory that cannot be written to keeps nothing and breaks nothing', () => {
  const { directory, load } = program()
  writeFileSync(join(directory, '.cache'), 'in the way')
  const { required, keep } = load()
  expect((required('./chunks/a.js') as { sum(): number }).sum()).toBe(3)
  keep()
  expect(existsSync(join(directory, '.cache', 'anything'))).toBe(false)
})

test.runIf(process.geteuid?.() === 0)('root keeps no code in the installation of somebody else', () => {
  const { directory, load, kept } = program()
  chownSync(directory, 65_534, 65_534)
  const { required, keep } = load()
  required('./chunks/a.js')
  keep()
  expect(kept()).toEqual([])
})

test('another V8 in a runtime of the same version has code of its own', () => {
  const { load, kept } = program()
  const first = load()
  first.required('./chunks/a.js')
  first.keep()
  const versions = { ...process.versions, v8: '1.2.3' }
  const spy = vi.spyOn(process, 'versions', 'get').mockReturnValue(versions)
  onTestFinished(() => void spy.mockRestore())
  const second = load()
  second.required('./chunks/a.js')
  second.keep()
  expect(kept()).toHaveLength(4)
})

test('a chunk says what was written, ASCII or not', () => {
  const { load, write } = program()
  write('c.js', 'exports.words = String.raw`§{x} ム`')
  expect(load().required('./chunks/c.js')).toEqual({ words: '§{x} ム' })
})

test('what an installer runs to have code kept asks no node that its environment names', () => {
  const said = join(temporaryDirectory(), 'said')
  const env = { ...process.env, KARO_HOME: '/of/somebody', KARO_HTTP_PORT: '1' }
  const script = ['packaging/keep-code.sh', '/of/nobody', 'sh', '-c', 'env >> "$0"', said]
  expect(spawnSync('sh', script, { env }).status).toBe(0)
  const set = new Set(
    readFileSync(said, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('KARO_')),
  )
  expect([...set].sort()).toEqual(['KARO_CODE_CACHE=again', 'KARO_HOME=/of/nobody'])
})

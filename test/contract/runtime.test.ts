// The Node.js that npm's package `node` fetches is compared with a committed checksum before it runs or is packaged.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { checkedRuntime, knownSums } from '../../scripts/package/runtime.ts'

const ROOT = join(import.meta.dirname, '../..')
const BINARY = join(ROOT, 'node_modules/node/bin/node')

const PLATFORM = `${process.platform}-${process.arch}`
const { node: VERSION } = manifest.devDependencies
/** What takes the place of the runtime: to copy and read the real one costs a second each time. */
const PROGRAM = '#!/bin/sh\necho ran "$@"\n'
const SUMS = `${createHash('sha256').update(PROGRAM).digest('hex')} ${VERSION} ${PLATFORM}\n`

/** A checkout with this runtime and nothing else. */
let root: string
let node: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'karo-runtime-'))
  node = join(root, 'node_modules/node/bin/node')
  mkdirSync(join(root, 'scripts'))
  mkdirSync(join(root, 'node_modules/node/bin'), { recursive: true })
  copyFileSync(join(ROOT, 'scripts/run.sh'), join(root, 'scripts/run.sh'))
  writeFileSync(join(root, 'scripts/runtime.sha256'), SUMS)
  cpSync(join(ROOT, 'node_modules/node/package.json'), join(root, 'node_modules/node/package.json'))
  writeFileSync(node, PROGRAM, { mode: 0o755 })
  return () => rmSync(root, { recursive: true, force: true })
})

const run = (...args: readonly string[]) =>
  spawnSync('sh', [join(root, 'scripts/run.sh'), ...args], { encoding: 'utf8' })

/** One bit of the byte in the middle, size and time of change left as they were. */
function flip(path: string): void {
  const { atime, mtime } = statSync(path)
  const file = openSync(path, 'r+')
  const at = Math.floor(fstatSync(file).size / 2)
  const byte = Buffer.alloc(1)
  readSync(file, byte, 0, 1, at)
  byte.writeUInt8(byte.readUInt8() ^ 1)
  writeSync(file, byte, 0, 1, at)
  closeSync(file)
  utimesSync(path, atime, mtime)
}

describe('run.sh', () => {
  test('runs the binary that is known, and remembers that it was compared', () => {
    expect(run('-p', '6 * 7')).toMatchObject({ status: 0, stdout: 'ran -p 6 * 7\n', stderr: '' })
    expect(existsSync(join(root, 'node_modules/.karo-runtime'))).toBe(true)
    expect(run('-p', '6 * 7')).toMatchObject({ status: 0, stdout: 'ran -p 6 * 7\n' })
  })

  test('refuses one with a flipped bit, also after a good one was compared', () => {
    expect(run('--check').status).toBe(0)
    flip(node)
    for (const args of [['--check'], ['-p', '6 * 7']]) {
      const { status, stdout, stderr } = run(...args)
      expect(status).toBe(1)
      expect(stdout).toBe('')
      expect(stderr).toContain('npm ci')
    }
  })

  test('refuses another program in its place without running it', () => {
    const ran = join(root, 'ran')
    writeFileSync(node, `#!/bin/sh\ntouch ${ran}\n`)
    chmodSync(node, 0o755)
    expect(run('-p', '1').status).toBe(1)
    expect(existsSync(ran)).toBe(false)
  })

  test('starts nothing on a platform without a checksum, but lets an installation end', () => {
    writeFileSync(join(root, 'scripts/runtime.sha256'), SUMS.replace(PLATFORM, 'linux-other'))
    expect(run('--check').status).toBe(0)
    const { status, stdout, stderr } = run('-p', '6 * 7')
    expect(status).toBe(1)
    expect(stdout).toBe('')
    // The line to add, should it be right.
    expect(stderr).toMatch(/^ {2}[0-9a-f]{64} \d+\.\d+\.\d+ linux-(x64|arm64)$/m)
  })
})

test('a package is made of the known binary only', () => {
  expect(checkedRuntime(BINARY).length).toBe(statSync(BINARY).size)
  expect(checkedRuntime(node, PLATFORM, knownSums(SUMS)).toString()).toBe(PROGRAM)
  expect(() => checkedRuntime(node, 'linux-riscv64')).toThrow('linux-riscv64')
  flip(node)
  expect(() => checkedRuntime(node, PLATFORM, knownSums(SUMS))).toThrow('npm ci')
})

test('both platforms of packages have a checksum of the version in the lock', () => {
  expect([...knownSums().keys()]).toEqual([`${VERSION} linux-x64`, `${VERSION} linux-arm64`])
})

test('every script of package.json that runs a file of ours has the runtime compared first', () => {
  const bare = Object.entries(manifest.scripts).filter(([, line]) => /(^|[;&| ])node /.test(line))
  expect(bare).toEqual([])
  expect(manifest.scripts.postinstall).toBe('sh scripts/run.sh --check')
})

// The Node.js that npm's package `node` fetches is compared with a committed checksum before it runs or is packaged.
import { spawnSync } from 'node:child_process'
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
  readFileSync,
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

/** A checkout with this runtime and nothing else. */
let root: string
let node: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'karo-runtime-'))
  node = join(root, 'node_modules/node/bin/node')
  mkdirSync(join(root, 'scripts'))
  mkdirSync(join(root, 'node_modules/node/bin'), { recursive: true })
  for (const name of ['run.sh', 'runtime.sha256'])
    copyFileSync(join(ROOT, 'scripts', name), join(root, 'scripts', name))
  cpSync(join(ROOT, 'node_modules/node/package.json'), join(root, 'node_modules/node/package.json'))
  copyFileSync(BINARY, node)
  // Each has a copy of the runtime.
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
    const first = run('-p', '6 * 7')
    expect(first).toMatchObject({ status: 0, stdout: '42\n', stderr: '' })
    expect(existsSync(join(root, 'node_modules/.karo-runtime'))).toBe(true)
    expect(run('-p', '6 * 7')).toMatchObject({ status: 0, stdout: '42\n' })
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
    const known = join(root, 'scripts/runtime.sha256')
    writeFileSync(known, readFileSync(known, 'utf8').replaceAll(/ linux-.*/g, ' linux-other'))
    expect(run('--check').status).toBe(0)
    const { status, stdout, stderr } = run('-p', '6 * 7')
    expect(status).toBe(1)
    expect(stdout).toBe('')
    // The line to add, should it be right.
    expect(stderr).toMatch(/^ {2}[0-9a-f]{64} \d+\.\d+\.\d+ linux-(x64|arm64)$/m)
  })
})

test('a package is made of the known binary only', () => {
  expect(checkedRuntime(node).length).toBe(statSync(BINARY).size)
  expect(() => checkedRuntime(node, 'linux-riscv64')).toThrow('linux-riscv64')
  flip(node)
  expect(() => checkedRuntime(node)).toThrow('npm ci')
})

test('both platforms of packages have a checksum of the version in the lock', () => {
  const { node: version } = manifest.devDependencies
  expect([...knownSums().keys()]).toEqual([`${version} linux-x64`, `${version} linux-arm64`])
})

test('every script of package.json that runs a file of ours has the runtime compared first', () => {
  const bare = Object.entries(manifest.scripts).filter(([, line]) => /(^|[;&| ])node /.test(line))
  expect(bare).toEqual([])
  expect(manifest.scripts.postinstall).toBe('sh scripts/run.sh --check')
})

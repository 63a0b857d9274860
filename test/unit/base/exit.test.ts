// A process ends with its exit code although one of its threads is in a call that never returns.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { patience } from '../../support/run/until.ts'

/** Without a writer, opening a FIFO to read it keeps a thread of the pool for ever, as a server that is gone does. */
const SCRIPT = `const [module, fifo] = process.argv.slice(1)
const { open } = await import('node:fs/promises')
const { exitWithoutThreads } = await import(module)
open(fifo, 'r')
await exitWithoutThreads()
process.exit(3)`

test('a thread that never returns does not keep the process', async () => {
  const fifo = join(temporaryDirectory(), 'fifo')
  execFileSync('mkfifo', [fifo])
  const module = join(import.meta.dirname, '../../../src/base/kernel/exit.ts')
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, module, fifo], {
    stdio: 'inherit',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(await once(child, 'exit', { signal: patience() })).toEqual([3, null])
})

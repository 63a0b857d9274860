// What a tool writes to its hook is read within bounds of size and time.
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { readInput } from '../../../../src/cli/hooks/input.ts'

test('all of it, whatever pieces it comes in', async () => {
  const stream = new PassThrough()
  const read = readInput(stream)
  const bytes = Buffer.from('{"command":"é"}')
  stream.write(bytes.subarray(0, 13))
  stream.end(bytes.subarray(13))
  expect(await read).toEqual({ text: '{"command":"é"}' })
})

test('a tool that never ends its input is not waited for', async () => {
  const stream = new PassThrough()
  stream.write('{')
  expect(await readInput(stream, 20)).toEqual({
    trouble: 'its input did not end in time',
    beginning: '{',
  })
  expect(stream.destroyed).toBe(true)
})

test('nor is more kept than any tool sends', async () => {
  const stream = new PassThrough({ highWaterMark: 64 * 1024 * 1024 })
  const read = readInput(stream)
  stream.write('{"event":"after"')
  for (let n = 0; n < 33; n++) stream.write(Buffer.alloc(1024 * 1024, 0x20))
  stream.end()
  const beginning = '{"event":"after"'.padEnd(1024 * 1024)
  expect(await read).toEqual({ trouble: 'its input is too large', beginning })
})

test('an input that breaks off is told as that', async () => {
  const stream = new PassThrough()
  const read = readInput(stream)
  stream.write('{"a')
  setImmediate(() => stream.destroy(new Error('canary')))
  expect(await read).toEqual({ trouble: 'its input ended too early', beginning: '{"a' })
})

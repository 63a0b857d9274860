// Connections out of a jail on the socket between Muscle and Brain: both ends, without a socket between them.
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { PIECE_BYTES, WINDOW_BYTES } from '../../../src/muscle/contract/messages.ts'
import {
  createPipes,
  FULL,
  MOST_PIPES,
  type PipeStep,
  type Pipes,
} from '../../../src/muscle/contract/pipes.ts'
import { Malformed } from '../../../src/muscle/contract/shape.ts'
import { until } from '../../support/run/until.ts'

/** Both ends; each message arrives after the one before, and later than it was sent. */
function ends() {
  const said: PipeStep[] = []
  const opened: Duplex[] = []
  const to = (pipes: () => Pipes) => (step: PipeStep, body?: Uint8Array) => {
    said.push(step)
    setImmediate(() => pipes().take(step, Buffer.from(body ?? [])))
  }
  const brain: Pipes = createPipes({ send: to(() => muscle), onOpen: (stream) => void opened.push(stream) })
  const muscle: Pipes = createPipes({ send: to(() => brain) })
  return { brain, muscle, said, opened }
}

const opening = async ({ muscle, opened }: ReturnType<typeof ends>) => {
  const near = muscle.open() as Duplex
  await until(() => opened.length > 0, { what: 'it is open at the other end' })
  return { near, far: opened.at(-1) as Duplex }
}

/** All that comes out of it; what goes in is not ended by that. */
async function all(stream: Duplex): Promise<Buffer> {
  const pieces: Buffer[] = []
  stream.on('data', (piece: Buffer) => void pieces.push(piece))
  await once(stream, 'end')
  return Buffer.concat(pieces)
}

test('all bytes arrive in both directions, and both ends close', async () => {
  const both = ends()
  const { near, far } = await opening(both)
  const bytes = Buffer.alloc(3 * WINDOW_BYTES + 1, 'x')
  near.end(bytes)
  far.end(bytes)
  const read = await Promise.all([all(near), all(far)])
  expect(read.map(({ length }) => length)).toEqual([bytes.length, bytes.length])
  await until(() => near.destroyed && far.destroyed, { what: 'both are closed' })
  expect(both.said.filter(({ step }) => step === 'close')).toEqual([])
})

test('no more is sent than the other end has room for, until it has read', async () => {
  const both = ends()
  const { near, far } = await opening(both)
  near.write(Buffer.alloc(4 * WINDOW_BYTES))
  const sent = () => both.said.filter(({ step }) => step === 'data').length
  const full = WINDOW_BYTES / PIECE_BYTES
  await until(() => sent() >= full, { what: 'the window is full' })
  // What is read of it now is all that there is: as many further pieces come as were taken.
  for (let turns = 0; turns < 50; turns += 1) await new Promise(setImmediate)
  expect(sent()).toBeLessThanOrEqual(full + 1)
  far.resume()
  await until(() => sent() === 4 * full, { what: 'the rest is sent' })
})

test('what was said before an end goes away is still read, and who writes to it is not held up', async () => {
  const both = ends()
  const { near, far } = await opening(both)
  near.on('error', () => {})
  far.end('the last words')
  far.destroy()
  near.write(Buffer.alloc(4 * WINDOW_BYTES), () => near.end())
  expect(String(await all(near))).toBe('the last words')
  await until(() => near.destroyed, { what: 'it is closed' })
})

test('an end that sends more than its window, or opens twice, has broken the contract', () => {
  const send = (): void => {}
  const brain = createPipes({ send, onOpen: () => {} })
  const muscle = createPipes({ send })
  const take = (pipes: Pipes, pipe: number, step: PipeStep['step'], bytes = 0): void =>
    pipes.take({ pipe, step, bytes: 0 }, Buffer.alloc(bytes))
  take(brain, 1, 'open')
  expect(() => take(brain, 1, 'open')).toThrow(Malformed)
  expect(() => take(muscle, 9, 'open')).toThrow(Malformed)
  expect(() => take(brain, 1, 'data', WINDOW_BYTES + PIECE_BYTES + 1)).toThrow(Malformed)
  // Of one that is closed here the other end may still speak.
  take(brain, 7, 'data', 1)
  for (let more = 0; more < MOST_PIPES; more += 1) expect(muscle.open()).toBeDefined()
  expect(muscle.open()).toBeUndefined()
})

test('who opens and closes connections that nobody reads is told so, and keeps the others', async () => {
  const both = ends()
  const { near, far } = await opening(both)
  let told = ''
  for (let more = 0; told === '' && more < 3 * MOST_PIPES; more += 1) {
    const next = both.muscle.open() as Duplex
    next.on('error', () => {}).end('never read')
    const said = next.on('data', (piece: Buffer) => {
      told += String(piece)
    })
    await until(() => both.opened.length === more + 2 || told !== '', { what: 'it came' })
    if (told === '') said.destroy()
    else await until(() => next.destroyed, { what: 'it is closed' })
  }
  expect(told).toBe(String(FULL))
  expect(both.opened).toHaveLength(2 * MOST_PIPES)
  near.end('still there')
  expect(String(await all(far))).toBe('still there')
  // As soon as one is read there is room.
  both.opened[1]?.resume().end()
  await until(() => both.opened[1]?.destroyed, { what: 'one is over' })
  both.muscle.open()
  await until(() => both.opened.length === 2 * MOST_PIPES + 1, { what: 'a further one is open' })
})

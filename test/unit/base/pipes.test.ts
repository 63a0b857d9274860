// What is composed as a pipe: a slow sink holds the source up, an error anywhere arrives at its end, and the source is closed each time.
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { pipe } from 'it-pipe'
import { expect, test } from 'vitest'
import { ndjson } from '../../../src/api/server/streamed.ts'
import { readBash } from '../../../src/observe/imports/bash.ts'
import { batches } from '../../../src/observe/imports/batches.ts'
import type { Item } from '../../../src/observe/imports/entry.ts'
import { bounded, linesOf } from '../../../src/observe/imports/lines.ts'
import { createSeal, unsealed } from '../../../src/ops/care/age.ts'
import { archived } from '../../../src/ops/care/archive.ts'
import { until } from '../../support/run/until.ts'

const PIECE = 64 * 1024
const PIECES = 256
const identity = await generateX25519Identity()
const { sealed } = await createSeal({ recipients: [await identityToRecipient(identity)] })
const head = { karo_version: '0', schema: 1, node_id: 'n', name: 'n', created_at: '2026-01-01T00:00:00Z' }
const archive = archived({ head, now: 0, key: undefined, config: undefined })

/** A stage that looks at each item. */
const each = <T>(look: (item: T) => unknown) =>
  async function* (source: AsyncIterable<T>): AsyncGenerator<T, void> {
    for await (const item of source) {
      look(item)
      yield item
    }
  }

type Bytes = AsyncIterable<Uint8Array>
const through = (look: (item: unknown) => void): [string, (source: Bytes) => AsyncIterable<unknown>][] => [
  ['import', (source) => pipe(source, linesOf, readBash, each<Item>(look), bounded('there'))],
  [
    'batches',
    (source) =>
      pipe(
        source,
        each(look),
        batches({ items: 2, bytes: PIECE }, () => 1),
      ),
  ],
  ['backup', (source) => pipe(source, archive, each<Uint8Array>(look), sealed)],
  ['restore', (source) => pipe(source, sealed, unsealed({ identities: [identity] }, 'file'), each(look))],
  [
    'answer',
    (source) => pipe(source, each(look), ndjson, (text) => Readable.from(text, { objectMode: false })),
  ],
]
const PIPES = through(() => {})

/** Lines of a history, 64 KiB each time; `fails` after so many. */
function source(fails = Number.POSITIVE_INFINITY) {
  const told = { given: 0, closed: false }
  const piece = Buffer.from('ls -l\n'.repeat(PIECE / 6))
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    try {
      while (told.given < PIECES) {
        if (told.given === fails) throw new Error('of the source')
        told.given++
        yield piece
      }
    } finally {
      told.closed = true
    }
  }
  return { told, bytes }
}

const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of items);
}

test.each(PIPES)(
  '%s: a sink that stops reading holds the source up, and one that ends closes it',
  async (_, pass) => {
    const { told, bytes } = source()
    const items = pass(bytes())[Symbol.asyncIterator]()
    await items.next()
    // Nothing is under way any more when a turn of the event loop brings nothing new.
    for (let before = -1; before !== told.given; await new Promise(setImmediate)) before = told.given
    expect(told.given).toBeLessThan(PIECES / 4)
    await items.return?.()
    await until(() => told.closed, { what: 'the source is closed' })
    expect(told.given).toBeLessThan(PIECES / 4)
  },
)

test.each(PIPES)('%s: an error of the source arrives at the end', async (_, pass) => {
  const { told, bytes } = source(3)
  await expect(drain(pass(bytes()))).rejects.toThrow(/of the source|does not hold/)
  expect(told.closed).toBe(true)
})

test.each(PIPES)('%s: an error of the sink closes the source', async (_, pass) => {
  const { told, bytes } = source()
  const write = (_piece: unknown, _encoding: string, done: (error: Error) => void): void =>
    done(new Error('full'))
  const sink = new Writable({ objectMode: true, write })
  await expect(pipeline(pass(bytes()), sink)).rejects.toThrow('full')
  await until(() => told.closed, { what: 'the source is closed' })
  expect(told.given).toBeLessThan(PIECES / 4)
})

test.each(
  through(() => {
    throw new Error('of the stage')
  }),
)('%s: an error of a stage arrives at the end, and closes the source', async (_, pass) => {
  const { told, bytes } = source()
  await expect(drain(pass(bytes()))).rejects.toThrow('of the stage')
  // Of a backup the head fails, before a row is read.
  await until(() => told.closed || told.given === 0, { what: 'the source is closed' })
})

test('batches keep order and bounds, and an item that is larger than a batch is one of its own', async () => {
  const all: number[][] = []
  const items = async function* () {
    yield* [1, 2, 3, 9, 1, 1, 1, 1]
  }
  for await (const batch of pipe(
    items(),
    batches({ items: 3, bytes: 5 }, (size: number) => size),
  ))
    all.push(batch)
  expect(all).toEqual([[1, 2], [3], [9], [1, 1, 1], [1]])
})

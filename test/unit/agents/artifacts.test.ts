// Artifacts: content by its hash, pieces stored once, bounds, uploads that break off, damage, and whose they are.
import { describe, expect, test } from 'vitest'
import { type Owner, PART_BYTES, PIECE_BYTES } from '../../../src/agents/artifacts/types.ts'
import { blake3 } from '../../../src/base/hash.ts'
import { toHex } from '../../../src/base/hex.ts'
import { keyRange } from '../../../src/store/level/keyspace.ts'
import { decodeValue, encodeValue } from '../../../src/store/level/value.ts'
import { isArtifactRow } from '../../../src/store/tables/artifacts.ts'
import { createPeopleRepository } from '../../../src/store/tables/people.ts'
import { createRetentionTimeRepository } from '../../../src/store/tables/retention-time.ts'
import { ANN, artifactRig, coming, content, hashOf } from '../../support/agents/artifacts.ts'
import { code } from '../../support/run/code.ts'
import { until } from '../../support/run/until.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

const BOB: Owner = { person: 1001, traceId: 'b'.repeat(32) }

async function rig() {
  const time = { now: 1_800_000_000_000 }
  const timers = new VirtualTime()
  const made = await artifactRig({ clock: { now: () => time.now, monotonic: () => time.now }, timers })
  const pass = (ms: number): void => {
    time.now += ms
    timers.advance(ms)
  }
  const pieces = async (person = ANN.person) => (await made.repository.pieces.ids(person)).length
  return { ...made, time, pass, pieces }
}

describe('content', () => {
  test.each([0, 1, PIECE_BYTES, PIECE_BYTES + 1, PART_BYTES * 2 + 5])(
    'of %d bytes comes back as it was',
    async (size) => {
      const { put, read, ledger } = await rig()
      const bytes = content(size)
      const { artifact, known } = await put(bytes)
      expect(artifact).toMatchObject({ id: hashOf(bytes), size, name: 'plan.txt' })
      expect(known).toBe(false)
      expect((await read(artifact.id)).equals(bytes)).toBe(true)
      if (size > 10) expect((await read(artifact.id, ANN, size - 3)).equals(bytes.subarray(-3))).toBe(true)
      // Neither the name nor the hash, by which somebody could tell what it is.
      expect(ledger).toMatchObject([
        { type: 'artifact_changed', details: { uid: 1000, change: 'stored', bytes: size } },
      ])
      expect(JSON.stringify(ledger)).not.toContain('plan.txt')
      expect(JSON.stringify(ledger)).not.toContain(artifact.id)
    },
  )

  test('that is there already is stored once, and so is each piece', async () => {
    const { put, pieces, artifacts } = await rig()
    const bytes = content(4 * PIECE_BYTES)
    await put(bytes)
    expect(await put(bytes, ANN, { name: 'again' })).toMatchObject({
      known: true,
      artifact: { name: 'plan.txt' },
    })
    expect(await pieces()).toBe(4)
    const longer = Buffer.concat([bytes, Buffer.from('end')])
    const { artifact } = await put(longer)
    expect(await pieces()).toBe(5)
    await artifacts.remove(ANN, artifact.id)
    expect(await pieces()).toBe(4)
    expect(await artifacts.list(ANN)).toHaveLength(1)
  })

  test('has a name without secrets', async () => {
    const { put } = await rig()
    const { artifact } = await put(content(1), ANN, { name: 'the password is hunter2' })
    expect(artifact.name).toBe('the password is [redacted]')
  })

  test('shows its beginning if it is text', async () => {
    const { put, artifacts } = await rig()
    const text = `zwölf ${'é'.repeat(40_000)}`
    const made = await put(Buffer.from(text))
    expect((await artifacts.preview(ANN, made.artifact.id.slice(0, 6))).text).toBe(text.slice(0, 2_000))
    const other = await put(Buffer.from([1, 0, 2]))
    expect(await artifacts.preview(ANN, other.artifact.id)).toEqual({
      text: null,
      beginning: Buffer.from([1, 0, 2]),
    })
  })

  test('that was damaged is not given as if it were whole, and is mended by the same content', async () => {
    const { put, read, db, pieces } = await rig()
    const bytes = content(2 * PIECE_BYTES)
    const { artifact } = await put(bytes)
    for (const [key, value] of await db.iterator(keyRange('artifacts')).all()) {
      const row = decodeValue<unknown>(value)
      if (row instanceof Uint8Array)
        await db.put(key, encodeValue(row.map((byte, i) => (i === 9 ? byte ^ 1 : byte))))
    }
    await expect(read(artifact.id)).rejects.toEqual(code('bad_file'))
    expect(await put(bytes)).toMatchObject({ known: true })
    expect((await read(artifact.id)).equals(bytes)).toBe(true)
    expect(await pieces()).toBe(2)
  })
})

describe('an upload', () => {
  test('takes parts in order, and one again that it has', async () => {
    const { artifacts } = await rig()
    const key = await artifacts.begin(ANN, coming)
    await artifacts.add(ANN, key, 0, Buffer.from('hello '))
    await artifacts.add(ANN, key, 0, Buffer.from('hello '))
    await expect(artifacts.add(ANN, key, 7, Buffer.from('x'))).rejects.toEqual(code('conflict'))
    expect(await artifacts.add(ANN, key, 6, Buffer.from('world'))).toEqual({ received: 11 })
    await expect(artifacts.add(ANN, key, 11, Buffer.alloc(PART_BYTES + 1))).rejects.toEqual(code('too_large'))
    const { artifact } = await artifacts.finish(ANN, key, hashOf(Buffer.from('hello world')))
    expect(artifact.size).toBe(11)
  })

  test('of which the content is another than it was to be is not kept', async () => {
    const { artifacts, pieces } = await rig()
    const key = await artifacts.begin(ANN, coming)
    await artifacts.add(ANN, key, 0, content(PIECE_BYTES))
    await expect(artifacts.finish(ANN, key, 'f'.repeat(64))).rejects.toEqual(code('conflict'))
    expect([await artifacts.list(ANN), await pieces()]).toEqual([[], 0])
  })

  test('that breaks off leaves nothing, also when the daemon dies', async () => {
    const { artifacts, pieces, pass, repository } = await rig()
    const key = await artifacts.begin(ANN, coming)
    await artifacts.add(ANN, key, 0, content(PART_BYTES))
    pass(60_000)
    await until(async () => (await pieces()) === 0, { what: 'its pieces are gone' })
    await expect(artifacts.finish(ANN, key, undefined)).rejects.toEqual(code('not_found'))
    await repository.pieces.write(ANN.person, {
      put: [{ id: toHex(blake3(['x'])), bytes: Buffer.from('x') }],
    })
    await artifacts.start(new AbortController().signal)
    expect(await pieces()).toBe(0)
  })

  test('is one at a time for each person, and a result of an agent is not in its way', async () => {
    const { artifacts, pieces } = await rig()
    const first = await artifacts.begin(ANN, coming)
    await artifacts.add(ANN, first, 0, content(PIECE_BYTES))
    expect(await pieces()).toBe(1)
    const second = await artifacts.begin(ANN, coming)
    expect(await pieces()).toBe(0)
    await expect(artifacts.add(ANN, first, 0, Buffer.from('x'))).rejects.toEqual(code('not_found'))
    await artifacts.add(ANN, second, 0, Buffer.from('of ann'))
    const kept = await artifacts.keep(ANN, { ...coming, source: 'kExecutor:x' }, content(PART_BYTES + 7))
    expect(kept).toMatchObject({ source: 'kExecutor:x', size: PART_BYTES + 7 })
    expect((await artifacts.finish(ANN, second, undefined)).artifact.size).toBe(6)
  })
})

describe('bounds', () => {
  test('of one artifact, and of what is said about it', async () => {
    const { artifacts } = await rig()
    await expect(artifacts.begin(ANN, { ...coming, name: '' })).rejects.toEqual(code('bad_request'))
    await expect(artifacts.begin(ANN, { ...coming, media_type: 'text' })).rejects.toEqual(code('bad_request'))
    const most = 64 * 1024 * 1024
    await expect(artifacts.begin(ANN, { ...coming, size: most + 1 })).rejects.toEqual(code('too_large'))
    const key = await artifacts.begin(ANN, { ...coming, size: most })
    // The same piece again and again takes the room of one.
    const part = Buffer.alloc(PART_BYTES)
    let at = 0
    for (; at < most; at += PART_BYTES) await artifacts.add(ANN, key, at, part)
    await expect(artifacts.add(ANN, key, at, Buffer.from('x'))).rejects.toEqual(code('too_large'))
  })

  test('of a person: pieces and number', async () => {
    const { artifacts, repository, db, put } = await rig()
    for (let n = 0; n < 4_096; n += 64)
      await db.batch(
        Array.from({ length: 64 }, (_, i) => {
          const hash = blake3([`${n + i}`])
          return { type: 'put' as const, key: keyOf(hash), value: encodeValue(Buffer.from('x')) }
        }),
      )
    const row = {
      id: 'ab'.repeat(32),
      name: 'all',
      media_type: 'text/plain',
      size: 4_096,
      source: 'person',
      created_at: 1,
      expires_at: null,
      pieces: Buffer.concat(
        (await repository.pieces.ids(ANN.person)).map((hash) => Buffer.from(hash, 'hex')),
      ),
    }
    await repository.artifacts.write(ANN.person, { put: [row] })
    await artifacts.start(new AbortController().signal)
    await expect(put(Buffer.from('one more'))).rejects.toEqual(code('rate_limited'))
    // Another person is not concerned.
    await put(Buffer.from('one more'), BOB)
    await artifacts.remove(ANN, row.id)
    await put(Buffer.from('one more'))
    for (let n = 1; n < 1_000; n += 1)
      await repository.artifacts.write(ANN.person, {
        put: [{ ...row, id: n.toString(16).padStart(64, '0'), pieces: Buffer.alloc(0) }],
      })
    await expect(artifacts.begin(ANN, coming)).rejects.toEqual(code('rate_limited'))
  })

  test('of time', async () => {
    const { artifacts, db, time, pass, put, pieces, read } = await rig()
    const retention = createRetentionTimeRepository(db)
    await retention.put(time.now)
    await artifacts.start(new AbortController().signal)
    const made = await put(content(PIECE_BYTES), ANN, { expires_at: time.now + 1_000 } as never)
    time.now += 1_000
    await expect(artifacts.find(ANN, made.artifact.id)).rejects.toEqual(code('not_found'))
    // A clock that was ahead has removed nothing.
    await artifacts.start(new AbortController().signal)
    time.now -= 1_000
    expect(await read(made.artifact.id)).toHaveLength(PIECE_BYTES)
    time.now += 1_000
    await retention.put(time.now)
    pass(3_600_000)
    await until(async () => (await pieces()) === 0, { what: 'it is removed' })
  })
})

test('each person has their own, which go with them', async () => {
  const { artifacts, put, read, db } = await rig()
  const { artifact } = await put(Buffer.from('of ann'))
  await expect(read(artifact.id, BOB)).rejects.toEqual(code('not_found'))
  await expect(artifacts.remove(BOB, artifact.id)).rejects.toEqual(code('not_found'))
  expect(await artifacts.list(BOB)).toEqual([])
  const key = await artifacts.begin(ANN, coming)
  await expect(artifacts.add(BOB, key, 0, Buffer.from('x'))).rejects.toEqual(code('not_found'))
  for (const [key, value] of await db.iterator(keyRange('artifacts')).all())
    expect(isArtifactRow(key, value)).toBe(true)
  await createPeopleRepository(db).clear(ANN.person)
  expect(await artifacts.list(ANN)).toEqual([])
})

/** Of a piece of Ann's. */
function keyOf(hash: Uint8Array): Buffer {
  const range = keyRange('artifacts', { u32: ANN.person }, { bytes: Uint8Array.of(2) })
  return Buffer.concat([range.gte, hash])
}

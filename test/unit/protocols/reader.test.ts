// The stream reader: the same frames come out however the bytes are cut, and a bad header ends it at once.

import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameError, messageTable } from '../../../protocols/frame.ts'
import { MeshQuery } from '../../../protocols/messages/query.ts'
import { FrameReader } from '../../../protocols/reader.ts'
import { MESSAGES, query } from '../../../protocols/registry.ts'
import { goldenFrames, signerOf } from '../../support/mesh/vectors.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const frames = goldenFrames.map((vector) =>
  encodeFrame(MESSAGES.get(vector.type)!, vector.envelope, vector.body, signerOf(vector.seed).sign),
)

interface Outcome {
  readonly frames: Uint8Array[]
  readonly code: string | undefined
}

/** Pushes `bytes` in pieces that end at `cuts`; stops at the first refusal. */
function readInPieces(bytes: Uint8Array, cuts: readonly number[]): Outcome {
  const reader = new FrameReader(MESSAGES)
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  const read: Uint8Array[] = []
  let start = 0
  try {
    for (const end of ends) {
      for (const frame of reader.push(bytes.subarray(start, end))) read.push(frame)
      start = end
    }
  } catch (error) {
    if (error instanceof FrameError) return { frames: read, code: error.code }
    throw error
  }
  return { frames: read, code: undefined }
}

const somePieces = fc.array(fc.nat(), { maxLength: 40 })

describe('the reader', () => {
  it('finds the same frames however the bytes are cut', () => {
    forAll(fc.array(fc.constantFrom(...frames), { maxLength: 6 }), somePieces, (sent, cuts) => {
      const read = readInPieces(new Uint8Array(Buffer.concat(sent)), cuts)
      expect(read).toEqual({ frames: sent, code: undefined })
    })
  })

  it('comes to the same end with bytes changed, however they are cut', () => {
    forAll(
      fc.array(fc.constantFrom(...frames.filter((frame) => frame.length < 1_000)), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      somePieces,
      (sent, at, xor, cuts) => {
        const bytes = new Uint8Array(Buffer.concat(sent))
        bytes[at % bytes.length]! ^= xor
        expect(readInPieces(bytes, cuts)).toEqual(readInPieces(bytes, []))
      },
    )
  })

  it('takes one byte at a time', () => {
    const reader = new FrameReader(MESSAGES)
    const [frame] = frames
    const read = [...frame!].flatMap((byte) => [...reader.push(Uint8Array.of(byte))])
    expect(read).toEqual([frame])
  })

  it('says when it is inside a frame', () => {
    const reader = new FrameReader(MESSAGES)
    const [frame] = frames
    const inside = [0, 1, 11, 12, frame!.length - 1].map((length) => {
      const fresh = new FrameReader(MESSAGES)
      expect([...fresh.push(frame!.subarray(0, length))]).toEqual([])
      return fresh.midFrame
    })
    expect(inside).toEqual([false, true, true, true, true])
    expect([...reader.push(frame!)]).toEqual([frame])
    expect(reader.midFrame).toBe(false)
  })

  const header = (change: (view: DataView) => void): Uint8Array => {
    const bytes = Uint8Array.from(frames[0]!.subarray(0, 12))
    change(new DataView(bytes.buffer))
    return bytes
  }
  it.each([
    ['bad_magic', header((view) => view.setUint8(0, 0))],
    ['bad_version', header((view) => view.setUint16(4, 9))],
    ['too_large', header((view) => view.setUint32(6, 0xffff_ffff))],
    ['unknown_type', header((view) => view.setUint16(10, 0x0999))],
  ])('refuses a header with %s after twelve bytes, and everything after it', (code, bytes) => {
    const reader = new FrameReader(MESSAGES)
    const pushed = (chunk: Uint8Array) => () => [...reader.push(chunk)]
    expect(pushed(bytes)).toThrow(expect.objectContaining({ code }))
    expect(pushed(frames[0]!)).toThrow(expect.objectContaining({ code }))
  })

  it('knows only the messages of its stream', () => {
    const reader = new FrameReader(messageTable(Object.values(query.messages)))
    const question = frames[goldenFrames.findIndex((vector) => vector.type === MeshQuery.type)]!
    expect(() => [...reader.push(question)]).toThrow(expect.objectContaining({ code: 'unknown_type' }))
  })

  it('gives frames that do not share memory with the chunk or each other', () => {
    const reader = new FrameReader(MESSAGES)
    const chunk = new Uint8Array(Buffer.concat([frames[0]!, frames[1]!]))
    const read = [...reader.push(chunk)]
    chunk.fill(0)
    expect(read).toEqual([frames[0], frames[1]])
    expect(new Set(read.map((frame) => frame.buffer)).size).toBe(2)
  })
})

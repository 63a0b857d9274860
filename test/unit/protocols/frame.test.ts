// The frame: every tampering is refused with a code, in the order of cost, and never by another exception.

import { describe, expect, it } from 'vitest'
import type { WireBody } from '../../../protocols/define.ts'
import {
  bodyOf,
  decodeFrame,
  type Envelope,
  encodeFrame,
  FRAME_OVERHEAD,
  FrameError,
  HEADER_BYTES,
  messageTable,
  type RejectCode,
  SIGNATURE_BYTES,
  UNSIGNED,
} from '../../../protocols/frame.ts'
import { encodeValue } from '../../../protocols/messagepack.ts'
import { AuditHead } from '../../../protocols/messages/audit.ts'
import { Hello, Ping, Pong } from '../../../protocols/messages/hello.ts'
import { MeshQuery, QUERY_LIFE_MS, Response } from '../../../protocols/messages/query.ts'
import { hello, MESSAGES } from '../../../protocols/registry.ts'
import { alice, mallory, rawFrame } from '../../support/mesh/frames.ts'
import { goldenFrames, signerOf, verifyEd25519 } from '../../support/mesh/vectors.ts'
import fc, { forAll } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

const envelope: Envelope = {
  sender: alice.publicKey,
  ts: 1_790_000_000_000,
  nonce: new Uint8Array(16).fill(3),
  seq: 1,
}
const ping = encodeFrame(Ping, envelope, { id: 7 }, alice.sign)
const options = { messages: MESSAGES, verify: verifyEd25519 }
const small = goldenFrames
  .map((vector) =>
    encodeFrame(MESSAGES.get(vector.type)!, vector.envelope, vector.body, signerOf(vector.seed).sign),
  )
  .filter((bytes) => bytes.length < 1_000)

const EVERY = times(4, 1)

/** The code of the refusal; undefined when the frame is accepted; any other exception fails the test. */
function refusal(
  bytes: Uint8Array,
  more: Partial<Parameters<typeof decodeFrame>[1]> = {},
): RejectCode | undefined {
  try {
    decodeFrame(bytes, { ...options, ...more })
    return undefined
  } catch (error) {
    if (error instanceof FrameError) return error.code
    throw error
  }
}

describe('a frame', () => {
  it('comes out as it went in, whatever the envelope', () => {
    const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => new Uint8Array(bytes))
    const anyEnvelope = fc.record(
      { ts: fc.nat(8_640_000_000_000_000), nonce: bytes16, seq: fc.maxSafeNat(), trace: bytes16 },
      { requiredKeys: ['ts', 'nonce', 'seq'] },
    )
    forAll(anyEnvelope, fc.nat(0xffff_ffff), (rest, id) => {
      const sent = { sender: alice.publicKey, ...rest }
      const frame = decodeFrame(encodeFrame(Ping, sent, { id }, alice.sign), options)
      expect(frame.envelope).toEqual(sent)
      expect(bodyOf(frame, Ping)).toEqual({ id })
    })
  })

  it('gives its body only as what it is', () => {
    expect(() => bodyOf(decodeFrame(ping, options), Pong)).toThrow(TypeError)
  })

  it('rests on the connection where that proves its sender: unsigned, by the neighbour itself, or refused', () => {
    const proven = alice.publicKey
    const unsigned = encodeFrame(Ping, envelope, { id: 7 }, () => UNSIGNED)
    expect(unsigned.subarray(0, -SIGNATURE_BYTES)).toEqual(ping.subarray(0, -SIGNATURE_BYTES))
    expect(refusal(unsigned, { proven })).toBeUndefined()
    expect(refusal(unsigned)).toBe('bad_signature')
    expect(refusal(ping, { proven })).toBe('bad_signature')
    const other = goldenFrames.find(({ envelope: { sender } }) => Buffer.compare(sender, proven) !== 0)!
      .envelope.sender
    expect(refusal(unsigned, { proven: other })).toBe('not_admitted')
    expect(refusal(ping, { proven: other })).toBe('not_admitted')
    // A document is its author's word wherever it comes from.
    const head = goldenFrames.find(({ message }) => message === 'AuditHead')!
    const signed = encodeFrame(AuditHead, head.envelope, head.body as never, signerOf(head.seed).sign)
    expect(refusal(signed, { proven: other })).toBeUndefined()
    const blank = Uint8Array.from(signed)
    blank.set(UNSIGNED, signed.length - SIGNATURE_BYTES)
    expect(refusal(blank, { proven: head.envelope.sender })).toBe('bad_signature')
  })

  it('is refused with any bit of any byte changed', () => {
    // The header of each of them; what stands behind it is under one signature, so that they share it.
    for (const [turn, bytes] of small.entries()) {
      for (let at = 0; at < bytes.length; at++) {
        if (at >= HEADER_BYTES && at % EVERY !== turn % EVERY) continue
        const tampered = Uint8Array.from(bytes)
        tampered[at]! ^= 1 << (at % 8)
        expect(refusal(tampered), `byte ${at}`).toBeDefined()
      }
    }
  })

  it('is refused when several bytes change, bytes are cut off or added', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
    forAll(fc.constantFrom(...small), fc.array(change, { minLength: 1, maxLength: 4 }), (bytes, changes) => {
      const tampered = Uint8Array.from(bytes)
      for (const [at, xor] of changes) tampered[at % bytes.length]! ^= xor
      fc.pre(Buffer.compare(tampered, bytes) !== 0)
      expect(refusal(tampered)).toBeDefined()
    })
    forAll(fc.constantFrom(...small), fc.nat(), (bytes, cut) => {
      expect(refusal(bytes.subarray(0, cut % bytes.length))).toBe('malformed')
    })
    expect(refusal(new Uint8Array([...ping, 0]))).toBe('malformed')
  })

  it('is refused as random bytes, with and without a right header', () => {
    forAll(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(refusal(new Uint8Array(bytes))).toMatch(/^(bad_magic|malformed)$/)
    })
    forAll(fc.uint8Array({ maxLength: 200 }), (payload) => {
      expect(refusal(rawFrame({ type: Ping.type, payload: new Uint8Array(payload) }))).toBe('malformed')
    })
  })
})

describe('the order of checks', () => {
  const body = encodeValue({ ...envelope, body: { id: -1 } } as unknown as WireBody)

  it('judges the header before anything else', () => {
    const never = {
      verify: () => {
        throw new Error('must not be reached')
      },
    }
    const junk = new Uint8Array([0xc1])
    expect(refusal(rawFrame({ type: 1, payload: junk, version: 2 }), never)).toBe('bad_version')
    expect(refusal(rawFrame({ type: 0x0999, payload: junk }), never)).toBe('unknown_type')
    expect(refusal(rawFrame({ type: 1, payload: junk, length: 0xffff_ffff }), never)).toBe('too_large')
    expect(refusal(rawFrame({ type: 1, payload: junk, length: Hello.limit + 1 }), never)).toBe('too_large')
    expect(refusal(rawFrame({ type: 1, payload: junk }), never)).toBe('malformed')
    expect(refusal(Uint8Array.from(ping).fill(0, 0, 1), never)).toBe('bad_magic')
    expect(refusal(rawFrame({ type: 0x0999, payload: junk, version: 2 }), never)).toBe('bad_version')
  })

  it('verifies no signature of a payload that is not an envelope', () => {
    let verified = 0
    const verify = () => {
      verified++
      return true
    }
    const broken: WireBody[] = [
      {},
      { ...envelope },
      { ...envelope, body: [] },
      { ...envelope, body: null },
      { ...envelope, sender: new Uint8Array(31), body: {} },
      { ...envelope, nonce: new Uint8Array(17), body: {} },
      { ...envelope, seq: -1, body: {} },
      { ...envelope, ts: 'now', body: {} },
      { ...envelope, trace: new Uint8Array(15), body: {} },
    ]
    for (const payload of broken) {
      expect(refusal(rawFrame({ type: Ping.type, payload: encodeValue(payload) }), { verify })).toBe(
        'malformed',
      )
    }
    expect(verified).toBe(0)
  })

  it('looks at the signature before the clock, and at the clock before the body', () => {
    const stale = {
      admit: () => {
        throw new FrameError('stale', 'for the test')
      },
    }
    expect(refusal(rawFrame({ type: Ping.type, payload: body, sign: mallory.sign }), stale)).toBe(
      'bad_signature',
    )
    expect(refusal(rawFrame({ type: Ping.type, payload: body }), stale)).toBe('stale')
    expect(refusal(rawFrame({ type: Ping.type, payload: body }))).toBe('malformed')
  })

  it('shows the hook the message and the whole envelope', () => {
    const seen: unknown[] = []
    decodeFrame(ping, { ...options, admit: (message, from) => seen.push([message, from]) })
    expect(seen).toEqual([[Ping, envelope]])
  })

  it('takes a verifier that throws for a signature that is wrong', () => {
    const verify = () => {
      throw new Error('not a key')
    }
    expect(refusal(ping, { verify })).toBe('bad_signature')
  })

  it('lets a bug in the hook be seen', () => {
    const admit = () => {
      throw new TypeError('a bug')
    }
    expect(() => decodeFrame(ping, { ...options, admit })).toThrow(TypeError)
  })
})

describe('a table of messages', () => {
  it('refuses what does not belong on a stream', () => {
    const messages = messageTable(Object.values(hello.messages))
    const [question] = small.filter((bytes) => bytes[10] === 0x02 && bytes[11] === 0x00)
    expect(refusal(question!)).toBeUndefined()
    expect(refusal(question!, { messages })).toBe('unknown_type')
  })

  it('has no number twice', () => {
    expect(() => messageTable([Ping, Ping])).toThrow(RangeError)
  })
})

describe('the encoder', () => {
  const code = (act: () => unknown): string | undefined => {
    try {
      act()
      return undefined
    } catch (error) {
      if (error instanceof FrameError) return error.code
      throw error
    }
  }

  it('refuses a body that does not fit, and one that is too large', () => {
    expect(code(() => encodeFrame(Ping, envelope, { id: -1 }, alice.sign))).toBe('malformed')
    expect(code(() => encodeFrame(Ping, { ...envelope, seq: 0.5 }, { id: 1 }, alice.sign))).toBe('malformed')
    const filters = Array.from({ length: 16 }, () => ({
      field: 'tool',
      operator: 'InList' as const,
      value: Array.from({ length: 16 }, () => 'x'.repeat(64)),
    }))
    const question = { ...query, filters }
    expect(code(() => encodeFrame(MeshQuery, envelope, question, alice.sign))).toBe('too_large')
  })

  it('holds the largest sealed box within the limit', () => {
    const bytes = encodeFrame(
      Response,
      { ...envelope, ts: 8_640_000_000_000_000, seq: Number.MAX_SAFE_INTEGER, trace: new Uint8Array(16) },
      { query_id: new Uint8Array(16), author: alice.publicKey, sealed: new Uint8Array(60 * 1024) },
      alice.sign,
    )
    expect(bytes.length).toBeLessThanOrEqual(FRAME_OVERHEAD + Response.limit)
  })

  const query = {
    query_id: new Uint8Array(16),
    query_type: 'ToolUsage' as const,
    time_range: { start: 0, end: 1 },
    filters: [],
    audience_key: new Uint8Array(32),
    created_at: 1_000,
    expires_at: 1_000 + QUERY_LIFE_MS,
  }

  it.each([
    ['a life of more than five minutes', { expires_at: 1_001 + QUERY_LIFE_MS }],
    ['an end before its beginning', { expires_at: 1_000 }],
    ['an empty range', { time_range: { start: 1, end: 1 } }],
    ['a range that ends after all dates', { time_range: { start: 1, end: 8_640_000_000_000_001 } }],
  ])('refuses a question with %s', (_, wrong) => {
    expect(code(() => encodeFrame(MeshQuery, envelope, query, alice.sign))).toBeUndefined()
    expect(code(() => encodeFrame(MeshQuery, envelope, { ...query, ...wrong }, alice.sign))).toBe('malformed')
  })

  it.each(['', 'a\nb', 'a\u001b[31mb', 'a\u202eb', 'a\u200bb', 'x'.repeat(65)])(
    'refuses the name %j, which a terminal would not show as it is',
    (name) => {
      const capabilities = {
        protocol_version: 1,
        karo_version: '0.1.0',
        supports_level1: true,
        supports_level2: false,
        can_aggregate: false,
      }
      const body = { versions: [], name, capabilities, listen: [] }
      expect(code(() => encodeFrame(Hello, envelope, body, alice.sign))).toBe('malformed')
    },
  )

  it('signs exactly what Appendix A says: version, length, type and payload', () => {
    let signed = new Uint8Array()
    const bytes = encodeFrame(Ping, envelope, { id: 1 }, (given) => {
      signed = Uint8Array.from(given)
      return new Uint8Array(64)
    })
    expect(signed).toEqual(bytes.slice(4, bytes.length - 64))
    expect(bytes.subarray(0, HEADER_BYTES)).toEqual(
      new Uint8Array([0x4b, 0x41, 0x52, 0x4f, 0, 1, 0, 0, 0, bytes.length - FRAME_OVERHEAD, 0, 0x10]),
    )
  })
})

// The contract of Brain and Muscle: frames survive any cut, and whatever is none of its messages is refused.

import { describe, expect, test } from 'vitest'
import { createFrameReader, encodeFrame, MOST_FRAME_BYTES } from '../../../src/muscle/contract/frame.ts'
import { isMeant, PROVIDERS, readReply, readRequest } from '../../../src/muscle/contract/messages.ts'
import { Malformed } from '../../../src/muscle/contract/shape.ts'
import { jobOf } from '../../support/muscle/muscle.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

const RUN = {
  ...jobOf(['/usr/bin/true']),
  op: 'run',
  id: 1,
  provider: null,
  net: false,
  secrets: [{ name: 'KEY', bytes: 4 }],
}
const numRuns = times(300, 20_000)

describe('frames', () => {
  test('what is sent arrives, however the stream is cut, and the pieces are overwritten', () => {
    const frame = fc.record({
      header: fc.dictionary(fc.string(), fc.jsonValue()),
      body: fc.uint8Array({ maxLength: 300 }),
    })
    forAllIn(
      { numRuns },
      fc.array(frame, { maxLength: 5 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 50 })),
      (frames, cuts) => {
        const stream = Buffer.concat(frames.map(({ header, body }) => encodeFrame(header, body)))
        const reader = createFrameReader()
        const got: { header: unknown; body: Buffer }[] = []
        for (let at = 0; at < stream.length; ) {
          const size = cuts.next().value as number
          const piece = Buffer.from(stream.subarray(at, at + size))
          got.push(...reader.push(piece))
          expect(piece.every((byte) => byte === 0)).toBe(true)
          at += size
        }
        expect(got.map(({ header, body }) => [header, [...body]])).toEqual(
          frames.map(({ header, body }) => [JSON.parse(JSON.stringify(header)), [...body]]),
        )
      },
    )
  })

  test('garbage is refused, or waits for more within one frame', () => {
    forAllIn({ numRuns }, fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        for (const { header } of createFrameReader().push(Buffer.from(bytes))) readRequest(header)
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed)
      }
    })
  })

  test('a length beyond a frame is refused before its bytes come, and none is sent', () => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(MOST_FRAME_BYTES + 1)
    expect(() => createFrameReader().push(length)).toThrow(Malformed)
    expect(() => encodeFrame({}, Buffer.alloc(MOST_FRAME_BYTES))).toThrow(Malformed)
    expect(() => encodeFrame({ long: 'x'.repeat(300_000) })).toThrow(Malformed)
    // A header that reaches beyond its frame.
    expect(() => createFrameReader().push(Buffer.from([0, 0, 0, 5, 0, 0, 0, 2, 0x7b]))).toThrow(Malformed)
  })
})

test('every kind of jail is meant where none is named, except virtual machines, and else the named one alone', () => {
  expect(PROVIDERS.filter((name) => isMeant(name, null))).toEqual(['bwrap', 'landlock'])
  for (const wanted of PROVIDERS) expect(PROVIDERS.filter((name) => isMeant(name, wanted))).toEqual([wanted])
})

describe('messages', () => {
  test('a request for a job is read as it is', () => {
    expect(readRequest(RUN)).toEqual(RUN)
  })

  test.each([
    ['an unknown operation', { op: 'sudo', id: 1 }],
    ['a member of every object', { op: 'constructor' }],
    ['no operation', {}],
    ['no object', 7],
    ['an unknown member', { ...RUN, shell: true }],
    ['an unknown member inside', { ...RUN, limits: { ...RUN.limits, nice: 1 } }],
    ['a missing member', { op: 'cancel', id: 1 }],
    ['a line for a shell', { ...RUN, argv: 'rm -rf /' }],
    ['no command', { ...RUN, argv: [] }],
    ['a NUL in an argument', { ...RUN, argv: ['a\0b'] }],
    ['a relative directory', { ...RUN, cwd: 'work' }],
    ['a variable of the loader', { ...RUN, env: { LD_PRELOAD: '/tmp/x.so' } }],
    ['a variable of a shell', { ...RUN, env: { BASH_ENV: '/tmp/x' } }],
    ['a variable of Node', { ...RUN, env: { NODE_OPTIONS: '--require /tmp/x' } }],
    ['a job whose name leads elsewhere', { ...RUN, job: '../x' }],
    ['no limit', { ...RUN, limits: null }],
    ['an endless limit', { ...RUN, limits: { ...RUN.limits, tasks: 1e9 } }],
    ['a provider that is not there', { ...RUN, provider: 'none' }],
    ['a trace that is none', { ...RUN, trace_id: 'x\ny' }],
    ['half a number', { op: 'status', id: 1.5 }],
  ])('%s is refused', (_, message) => {
    expect(() => readRequest(message)).toThrow(Malformed)
  })

  test('any change of one member is refused or read as a request, and nothing else happens', () => {
    const members = Object.keys(RUN)
    forAllIn({ numRuns }, fc.constantFrom(...members), fc.jsonValue(), (member, value) => {
      for (const read of [readRequest, readReply]) {
        try {
          expect(read({ ...RUN, [member]: value })).toMatchObject({ [member]: value })
        } catch (error) {
          if (!(error instanceof Malformed)) throw error
        }
      }
    })
  })
})

// What the index takes of a stored row is what was stored.

import { expect, test } from 'vitest'
import { markLevel0 } from '../../../../src/base/level0/level0.ts'
import { indexedEvent } from '../../../../src/store/events/index.ts'
import {
  decodeEvent,
  type EventInput,
  encodeEvent,
  eventFlags,
  eventKey,
  NO_SESSION,
  NO_TEXT,
} from '../../../../src/store/events/rows.ts'
import { decodeValue } from '../../../../src/store/level/value.ts'
import { eventOf } from '../../../support/data/events.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'

const whole = (max: number) => fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max }))
const name = fc.oneof(
  fc.constantFrom('', '/', '/home/ann', '/größe', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(300)),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
)
const event: fc.Arbitrary<EventInput> = fc
  .record({
    start_us: whole(Number.MAX_SAFE_INTEGER),
    tag: whole(2 ** 32 - 1),
    duration_us: fc.oneof(fc.constant(null), whole(2 ** 40), fc.constantFrom(0.5, -1, 2 ** 32)),
    exit_code: fc.oneof(fc.constant(null), whole(2 ** 32 - 1), fc.integer({ min: -200, max: -1 })),
    cwd: name,
    shell: name,
    category: name,
    tool: name,
    risk_level: fc.constantFrom('safe' as const, 'moderate' as const, 'high' as const, 'critical' as const),
    karo_generated: fc.boolean(),
    untimed: fc.boolean(),
    confirmed: fc.boolean(),
    answered: fc.boolean(),
    rule: fc.option(name, { nil: undefined }),
  })
  .map(({ cwd, untimed, confirmed, answered, rule, ...more }) => ({
    ...eventOf(0, more),
    cwd: markLevel0(cwd),
    ...(untimed && { untimed }),
    ...(confirmed && { confirmed }),
    ...(answered && { answered }),
    ...(rule !== undefined && { rule }),
  }))

test('every event is read as it was stored', () => {
  forAllIn(
    { numRuns: 300 },
    fc.array(fc.tuple(event, whole(2 ** 32 - 1)), { minLength: 1, maxLength: 20 }),
    (made) => {
      for (const [one, number] of made) {
        const {
          uid: _,
          command: __,
          category: ___,
          tool: ____,
          local: _____,
          confirmed: ______,
          answered: _______,
          rule: ________,
          risk_level: _________,
          untimed: __________,
          ...kept
        } = one
        expect(indexedEvent(eventKey(one, number), encodeEvent(one))).toMatchObject({
          ...kept,
          number,
          flags: eventFlags(one),
        })
      }
    },
  )
})

test('what is true of few commands is read back, each by itself and together', () => {
  for (const rare of [
    { confirmed: true },
    { answered: true },
    { confirmed: true, answered: true },
    { rule: 'rm-root' },
    { answered: true, rule: 'rm-root' },
    { confirmed: true, answered: true, rule: 'rm-root' },
  ] as const) {
    const one = { ...eventOf(1, { cwd: '/home/ann' }), ...rare }
    const { confirmed, answered, rule } = decodeEvent(eventKey(one, 1), encodeEvent(one), NO_TEXT)
    expect(JSON.parse(JSON.stringify({ confirmed, answered, rule }))).toEqual(rare)
  }
})

test('that a command was confirmed stands behind what versions without the word read', () => {
  for (const session of [undefined, 70_000]) {
    const one = eventOf(1, { cwd: '/home/ann', ...(session !== undefined && { session }) })
    const confirmed = { ...one, confirmed: true } as const
    expect(eventKey(confirmed, 1)).toEqual(eventKey(one, 1))
    const row = decodeValue<unknown[]>(encodeEvent(confirmed))
    expect(row.slice(0, 8)).toEqual([
      ...decodeValue<unknown[]>(encodeEvent(one)).slice(0, 7),
      session ?? NO_SESSION,
    ])
    const read = decodeEvent(eventKey(one, 1), encodeEvent(confirmed), NO_TEXT)
    expect(read).toMatchObject({ confirmed: true, session: session ?? NO_SESSION })
    expect(decodeEvent(eventKey(one, 1), encodeEvent(one), NO_TEXT)).not.toHaveProperty('confirmed')
  }
})

test('a row of another version, or one that ends early, is refused', () => {
  const one = eventOf(1, { cwd: '/home/ann' })
  const [key, row] = [eventKey(one, 1), encodeEvent(one)]
  expect(() => indexedEvent(key, Buffer.concat([Buffer.of(9), row.subarray(1)]))).toThrow('version 9')
  for (let length = 1; length < row.length; length++) {
    expect(() => indexedEvent(key, row.subarray(0, length))).toThrow()
  }
})

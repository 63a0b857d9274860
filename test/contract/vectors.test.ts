// Golden vectors: the bytes of every message, as an independent encoder (test/vectors/generate.py) makes them.
import { describe, expect, it } from 'vitest'
import { decodeAnswer, encodeAnswer } from '../../protocols/answer.ts'
import { decodeFrame, encodeFrame } from '../../protocols/frame.ts'
import { decodeValue, encodeValue } from '../../protocols/messagepack.ts'
import { ANSWER_STATUSES, type SealedAnswer } from '../../protocols/messages/query.ts'
import type { NodeSummary } from '../../protocols/messages/summary.ts'
import { MESSAGES } from '../../protocols/registry.ts'
import { decodeSummary, encodeSummary } from '../../protocols/summary.ts'
import {
  goldenAnswers,
  goldenFrames,
  goldenSummaries,
  goldenValues,
  inNotation,
  signerOf,
  verifyEd25519,
} from '../support/mesh/vectors.ts'

describe('golden frames', () => {
  it.each(goldenFrames)('$name', (vector) => {
    const message = MESSAGES.get(vector.type)!
    expect(message.name).toBe(vector.message)
    const bytes = encodeFrame(message, vector.envelope, vector.body, signerOf(vector.seed).sign)
    expect(inNotation(bytes, vector.bytes)).toEqual(vector.bytes)
    const frame = decodeFrame(bytes, { messages: MESSAGES, verify: verifyEd25519 })
    expect(frame.envelope).toEqual(vector.envelope)
    expect(frame.body).toEqual(vector.body)
    expect(frame.message).toBe(message)
  })

  it('cover every message there is', () => {
    const covered = new Set(goldenFrames.map((vector) => vector.message))
    expect(
      [...MESSAGES.values()].map((message) => message.name).filter((name) => !covered.has(name)),
    ).toEqual([])
  })
})

describe('golden answers', () => {
  it.each(goldenAnswers)('$name', (vector) => {
    const bytes = encodeAnswer(vector.value as unknown as SealedAnswer)
    expect(inNotation(bytes, vector.bytes)).toEqual(vector.bytes)
    expect(decodeAnswer(bytes)).toEqual(vector.value)
  })

  it('cover every status there is', () => {
    const covered = new Set(goldenAnswers.map((vector) => decodeAnswer(encodeValue(vector.value)).status))
    expect(ANSWER_STATUSES.filter((status) => !covered.has(status))).toEqual([])
  })
})

describe('golden summaries', () => {
  it.each(goldenSummaries)('$name', (vector) => {
    const bytes = encodeSummary(vector.value as unknown as NodeSummary)
    expect(inNotation(bytes, vector.bytes)).toEqual(vector.bytes)
    expect(decodeSummary(bytes)).toEqual(vector.value)
  })
})

describe('golden values', () => {
  it.each(goldenValues)('$name', (vector) => {
    const bytes = encodeValue(vector.value)
    expect(inNotation(bytes, vector.bytes)).toEqual(vector.bytes)
    expect(decodeValue(bytes)).toEqual(vector.value)
  })
})

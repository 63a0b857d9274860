// Sealed answers: bounded, and shaped by their status, so that a refusal cannot say more than that.
import { describe, expect, it } from 'vitest'
import { ANSWER_BYTES, decodeAnswer, encodeAnswer } from '../../../protocols/answer.ts'
import { FrameError } from '../../../protocols/frame.ts'
import { encodeValue } from '../../../protocols/messagepack.ts'
import type { SealedAnswer } from '../../../protocols/messages/query.ts'

const head = { responder: new Uint8Array(32), query_id: new Uint8Array(16), level: 1 as const, as_of: 1 }

const code = (act: () => unknown): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof FrameError) return error.code
    throw error
  }
}

describe('an answer', () => {
  it('has room for every tool at its largest', () => {
    const tools = Array.from({ length: 512 }, () => ({
      tool: 'x'.repeat(32),
      category: 'x'.repeat(24),
      uses: Number.MAX_SAFE_INTEGER,
      failures: Number.MAX_SAFE_INTEGER,
      unknown: 0,
    }))
    const answer: SealedAnswer = { ...head, status: 'success', data: { query_type: 'ToolUsage', tools } }
    const bytes = encodeAnswer(answer)
    expect(bytes.length).toBeLessThan(ANSWER_BYTES)
    expect(decodeAnswer(bytes)).toEqual(answer)
  })

  it('says nothing beside its status when it is a refusal', () => {
    const talkative = { ...head, status: 'access_denied' as const, reason: 'you are not on the list' }
    expect(decodeAnswer(encodeAnswer(talkative))).toEqual({ ...head, status: 'access_denied' })
  })

  it('writes nothing that the schema does not name', () => {
    const tool = { tool: 'git', category: 'git', uses: 1, failures: 0, unknown: 0, command: 'canary-4711' }
    const bytes = encodeAnswer({
      ...head,
      status: 'success',
      data: { query_type: 'ToolUsage', tools: [tool] },
    })
    expect(Buffer.from(bytes).includes('canary-4711')).toBe(false)
  })

  it.each([
    ['withheld without a reason', { ...head, status: 'withheld' }],
    ['success without data', { ...head, status: 'success' }],
    ['an unknown status', { ...head, status: 'maybe' }],
    ['level 0', { ...head, level: 0, status: 'no_data' }],
    [
      'a tool name that is not a public one',
      {
        ...head,
        status: 'success',
        data: {
          query_type: 'ToolUsage',
          tools: [{ tool: 'rm -rf /', category: 'x', uses: 1, failures: 0, unknown: 0 }],
        },
      },
    ],
  ])('is refused with %s', (_, value) => {
    expect(code(() => decodeAnswer(encodeValue(value)))).toBe('malformed')
    expect(code(() => encodeAnswer(value as unknown as SealedAnswer))).toBe('malformed')
  })

  it('is refused above its limit before it is looked at', () => {
    expect(code(() => decodeAnswer(new Uint8Array(ANSWER_BYTES + 1)))).toBe('too_large')
  })
})

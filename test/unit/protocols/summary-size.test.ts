// A summary is padded to one of a few sizes before it is sealed, whatever it says, and is the same again afterwards.
import { expect, test } from 'vitest'
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { pad, paddedLength, unpad } from '../../../protocols/padding.ts'
import { decodeSummary, encodeSummary, SUMMARY_SIZES } from '../../../protocols/summary.ts'
import { times } from '../../support/run/thorough.ts'

const HOUR = 3_600_000

function summaryOf(tools: number): NodeSummary {
  return {
    node_id: formatNodeId(new Uint8Array(32).fill(1)),
    granularity: 'hour',
    start: 0,
    end: HOUR,
    generated_at: HOUR,
    closed: true,
    tool_usage: {
      tools: Array.from({ length: tools }, (_, n) => ({
        tool: `tool-${n}`,
        category: 'other',
        uses: n * n,
        failures: n,
        unknown: 0 % 3,
      })),
    },
  }
}

test('every number of tools has one of a few sizes, and reads as before', () => {
  const sizes = new Set<number>()
  for (let tools = 0; tools <= 500; tools += times(3, 1)) {
    const plain = encodeSummary(summaryOf(tools))
    const padded = pad(plain, SUMMARY_SIZES)
    expect(padded.length).toBe(paddedLength(plain.length, SUMMARY_SIZES))
    sizes.add(padded.length / 1024)
    expect(unpad(padded)).toEqual(plain)
    expect(decodeSummary(padded)).toEqual(summaryOf(tools))
  }
  expect([...sizes]).toEqual([1, 2, 4, 8, 16, 32])
})

test('a few bytes more or less never make a size of their own', () => {
  for (let length = 100; length < 32_000; length++) {
    const padded = paddedLength(length, SUMMARY_SIZES)
    expect([1, 2, 4, 8, 16, 32].map((kib) => kib * 1024)).toContain(padded)
    expect(padded).toBeGreaterThan(length)
  }
})

test('the padding of others may be anything or missing', () => {
  const plain = encodeSummary(summaryOf(3))
  expect(unpad(plain)).toEqual(plain)
  expect(() => unpad(new Uint8Array(3).fill(0xc1))).toThrow('malformed')
})

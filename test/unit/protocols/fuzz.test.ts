// Ten thousand hostile frames: each refused with a code, honest ones among them accepted, the heap as before.
import { expect, it } from 'vitest'
import type { RejectCode } from '../../../protocols/frame.ts'
import { fuzzFrames } from '../../fuzz/frames.ts'

it('hostile frames are refused by code, and honest ones get through', () => {
  const report = fuzzFrames(10_000, 1)
  expect(report.forged).toBe(0)
  expect(report.lost).toBe(0)
  expect(report.accepted).toBeGreaterThan(1_000)
  const codes: RejectCode[] = [
    'bad_magic',
    'bad_version',
    'too_large',
    'unknown_type',
    'bad_signature',
    'malformed',
  ]
  for (const code of codes) expect(report.refused[code], code).toBeGreaterThan(100)
  const refused = Object.values(report.refused).reduce((sum, count) => sum + count, 0)
  expect(refused + report.accepted).toBe(report.rounds)
  expect(report.heapEnd).toBeLessThan(report.heapWarm * 1.1)
})

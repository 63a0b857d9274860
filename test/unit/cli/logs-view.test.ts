// A line of the log on a terminal: whole, at most as wide as that, and continued below what it says.
import { expect, test } from 'vitest'
import { logLine } from '../../../src/cli/views/logs.ts'

const line = {
  time: '2025-11-20T08:15:02.000Z',
  level: 'warn' as const,
  pid: 7,
  seq: 3,
  msg: 'the mesh could not listen on some addresses; they are tried again',
  addresses: ['10.0.0.5:9238', '10.0.0.6:9238'],
  retry_ms: 3_000,
}
const plain = (text: string): string => text.replaceAll(/\u001b\[\d+m/g, '')

test('it is one line where there is no terminal', () => {
  const text = logLine(line, { colour: false, columns: Number.POSITIVE_INFINITY })
  expect(text).toMatch(
    / warn {2}the mesh .* again \(addresses=10\.0\.0\.5:9238,10\.0\.0\.6:9238 retry_ms=3000\)$/,
  )
})

test('at 80 columns it is continued below what it says, with nothing lost, in colour too', () => {
  const whole = logLine(line, { colour: false, columns: Number.POSITIVE_INFINITY })
  for (const colour of [false, true]) {
    const lines = plain(logLine(line, { colour, columns: 80 })).split('\n')
    expect(lines.length).toBeGreaterThan(1)
    for (const one of lines) expect(one.length).toBeLessThanOrEqual(80)
    for (const one of lines.slice(1)) expect(one).toMatch(/^ {26}\S/)
    expect(lines.map((one) => one.trim()).join(' ')).toBe(whole)
  }
  expect(logLine(line, { colour: true, columns: 80 })).toContain('\u001b[90m')
})

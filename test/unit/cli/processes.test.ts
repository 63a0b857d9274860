// karo processes against a daemon that is played: what is said of those that are not shown.
import { expect, test } from 'vitest'
import { PROCESSES_LIMIT_MAX } from '../../../src/api/contract/constants.ts'
import { karo } from '../../support/node/played-daemon.ts'

const make = {
  pid: 7,
  name: 'make',
  shell: 'bash',
  started_at: '2026-11-20T08:15:00.000Z',
  duration_ms: 12,
  peak_rss_bytes: null,
  cpu_ms: 0,
  exit_code: null,
  event_id: null,
  running: false,
}
const found = (shown: number, total: number) => ({
  'GET /api/v1/processes': { processes: Array.from({ length: shown }, () => make), total },
})

test('of more than are shown it says how to see them: by a larger limit, as long as there is one', async () => {
  expect((await karo(found(2, 2), 'processes')).err).toBe('')
  expect((await karo(found(2, 3), 'processes')).err).toContain('2 of 3; --limit shows more.')
  const { err } = await karo(found(PROCESSES_LIMIT_MAX, 5_000), 'processes')
  expect(err).toContain(`${PROCESSES_LIMIT_MAX} of 5000`)
  expect(err).not.toContain('--limit')
})

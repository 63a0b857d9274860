// How old a page is while the machine sleeps: its monotonic clock stands still then, and its wall clock does not.
import { expect, test } from 'vitest'
import { createSessions, IDLE_MS } from '../../../src/api/access/sessions.ts'
import { systemRandom } from '../../../src/base/clock.ts'

function pages() {
  const time = { wall: Date.UTC(2026, 0, 1), up: 0 }
  const clock = { now: () => time.wall, monotonic: () => time.up }
  return { time, sessions: createSessions({ clock, random: systemRandom, tokenHolds: () => true }) }
}

test('a page that was open while the machine slept is over, as one that nobody looked at', () => {
  const { time, sessions } = pages()
  const { cookie, key } = sessions.open({ uid: 1, scope: 'full' }, [])
  time.wall += IDLE_MS - 1
  expect(sessions.find([cookie], key)).toMatchObject({ uid: 1 })
  expect(sessions.list(1)).toMatchObject([{ openedAt: time.wall - IDLE_MS + 1, usedAt: time.wall }])
  time.wall += IDLE_MS
  expect(sessions.find([cookie], key)).toBeUndefined()
})

test('a clock that is set back prolongs no page', () => {
  const { time, sessions } = pages()
  const { cookie, key } = sessions.open({ uid: 1, scope: 'full' }, [])
  time.wall -= 24 * IDLE_MS
  time.up += IDLE_MS
  expect(sessions.find([cookie], key)).toBeUndefined()
})

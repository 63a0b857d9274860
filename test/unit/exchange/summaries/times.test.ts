// When the room looks and makes editions: at times that follow from its start, and at every change of consent and trust.
import { expect, onTestFinished, test } from 'vitest'
import { createSummaries, EVERY_MS, SOON_MS } from '../../../../src/exchange/summaries/summaries.ts'
import { until } from '../../../support/run/until.ts'
import { createWorld, NOW } from './world.ts'

/** The room of somebody who shares with a peer, its alarm in the test's hand. */
async function roomOf() {
  const world = await createWorld()
  world.trust(2, 'peer')
  world.consent(1000, { allow_peers: ['*'] })
  await world.type({ tool: 'git' })
  const alarms = new Set<() => void>()
  const timers = {
    after(ms: number, run: () => void) {
      expect([SOON_MS, EVERY_MS]).toContain(ms)
      alarms.add(run)
      return () => alarms.delete(run)
    },
  }
  const room = createSummaries({ ...world.deps, timers })
  onTestFinished(() => room.stop())
  await room.start()
  const rounds = (count: number) =>
    until(() => world.audits.length === count, { what: `${count} rounds published` })
  /** A minute later. */
  const ring = (): void => {
    world.time.now += EVERY_MS
    for (const alarm of [...alarms]) {
      alarms.delete(alarm)
      alarm()
    }
    expect(alarms.size).toBe(1)
  }
  return { world, room, alarms, rounds, ring }
}

const MINUTES = 185

/** The minutes since the start in which editions were made, while `typing(minute)` commands are typed in each. */
async function minutesOfEditions(typing: (minute: number) => number): Promise<number[]> {
  const { world, rounds, ring } = await roomOf()
  await rounds(1)
  for (let minute = 0; minute < MINUTES; minute++) {
    const commands = Array.from({ length: typing(minute) }, () => ({ tool: 'git' }))
    if (commands.length > 0) await world.type(...commands)
    const told = world.audits.length
    ring()
    // Only these alarms are for looking; a round must be over before the clock moves on.
    const looks = minute <= 2 || minute % 60 === 0
    if (looks) await until(() => world.audits.length > told, { what: `the editions of minute ${minute}` })
  }
  const minutes = world.shelf.editions.map(({ version }) => (version - NOW) / EVERY_MS)
  return [...new Set(minutes)].sort((a, b) => a - b)
}

test('somebody who types all the time, and somebody who types once an hour, have editions at the same times', async () => {
  const always = await minutesOfEditions(() => 1)
  const seldom = await minutesOfEditions((minute) => (minute % 60 === 30 || minute < 3 ? 1 : 0))
  expect(always).toEqual([0, 1, 2, 3, 61, 121, 181])
  expect(seldom).toEqual(always)
})

test('what could not be published is tried again within a minute, because it may take a consent back', async () => {
  const { world, rounds, ring } = await roomOf()
  await rounds(1)
  // After minute 2 it looks once an hour only.
  for (let minute = 0; minute < 3; minute++) {
    await world.type({ tool: 'ls' })
    ring()
    await rounds(minute + 2)
  }
  let tried = 0
  const { publish } = world.shelf
  world.shelf.publish = async () => {
    tried++
    throw new Error('the disk takes nothing more')
  }
  world.consent(1000, { off: true })
  await until(() => tried > 0, { what: 'a try at once' })
  for (let minute = 3; minute < 10; minute++) {
    const before = tried
    ring()
    await until(() => tried > before, { what: `a try in minute ${minute}` })
  }
  world.shelf.publish = publish
  ring()
  await rounds(5)
})

test('it looks at its start and at every change of consent or trust, and at nothing when it has stopped', async () => {
  const { world, room, alarms, rounds } = await roomOf()
  await rounds(1)
  expect(room.status()).toEqual({ recipients: 1, left_out: 0, refused: 0 })
  world.trust(4, 'share_to')
  await rounds(2)
  expect(room.status().recipients).toBe(2)
  world.consent(1000, { off: true })
  await rounds(3)
  world.consent(1000, { allow_peers: ['*'] })
  await rounds(4)
  await room.stop()
  expect(alarms.size).toBe(0)
  world.consent(1000, { off: true })
  expect(world.audits).toHaveLength(4)
})

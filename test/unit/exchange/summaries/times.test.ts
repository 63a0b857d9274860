// When editions are made: at times that follow from the start of the room, whatever is typed and when.
import { expect, test } from 'vitest'
import { createSummaries, EVERY_MS } from '../../../../src/exchange/summaries/summaries.ts'
import { until } from '../../../support/run/until.ts'
import { createWorld, NOW } from './world.ts'

const MINUTES = 185

/** The minutes since the start in which editions were made, while `typing(minute)` commands are typed in each. */
async function minutesOfEditions(typing: (minute: number) => number): Promise<number[]> {
  const world = await createWorld()
  world.trust(2, 'peer')
  world.consent(1000, { allow_peers: ['*'] })
  await world.type({ tool: 'git' })
  let ring = (): void => {}
  let alarms = 0
  const timers = {
    after(_: number, run: () => void) {
      ring = run
      alarms++
      return () => {}
    },
  }
  const room = createSummaries({ ...world.deps, timers })
  await room.start(new AbortController().signal)
  await until(() => world.audits.length === 1, { what: 'the first editions' })
  for (let minute = 0; minute < MINUTES; minute++) {
    const commands = Array.from({ length: typing(minute) }, () => ({ tool: 'git' }))
    if (commands.length > 0) await world.type(...commands)
    world.time.now += EVERY_MS
    const [before, told] = [alarms, world.audits.length]
    ring()
    expect(alarms).toBe(before + 1)
    // Only these alarms are for looking; a round must be over before the clock moves on.
    const looks = minute <= 2 || minute % 60 === 0
    if (looks) await until(() => world.audits.length > told, { what: `the editions of minute ${minute}` })
  }
  await room.stop()
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
  const world = await createWorld()
  world.trust(2, 'peer')
  world.consent(1000, { allow_peers: ['*'] })
  await world.type({ tool: 'git' })
  let ring = (): void => {}
  const timers = {
    after(_: number, run: () => void) {
      ring = run
      return () => {}
    },
  }
  let broken = true
  let tried = 0
  const documents = {
    ...world.deps.documents,
    async publish(...edition: Parameters<typeof world.deps.documents.publish>) {
      tried++
      if (broken) throw new Error('the disk takes nothing more')
      await world.deps.documents.publish(...edition)
    },
  }
  const room = createSummaries({ ...world.deps, documents, timers })
  await room.start(new AbortController().signal)
  // At the start, and at minutes 0, 1 and 2 it looks in any case.
  for (let minute = 0; minute < 10; minute++) {
    const before = tried
    world.time.now += EVERY_MS
    ring()
    await until(() => tried > before, { what: `a try in minute ${minute}` })
  }
  broken = false
  world.time.now += EVERY_MS
  ring()
  await until(() => world.audits.length > 0, { what: 'the editions' })
  await room.stop()
})

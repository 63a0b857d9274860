// The rounds of gossip: one each second while somebody speaks, none at rest, and what is held against peers is forgotten all the same.
import { expect, test } from 'vitest'
import { createBeats } from '../../../src/mesh/gossip/beats.ts'
import { VirtualTime } from '../../support/run/virtual-time.ts'

function world() {
  const time = new VirtualTime(0)
  const beatsAt: number[] = []
  let forgotten = 0
  let runs = true
  const beats = createBeats({
    clock: time.clock,
    timers: time,
    forgetOnce: () => void forgotten++,
    beat: () => runs && beatsAt.push(time.clock.monotonic()) > 0,
  })
  return {
    time,
    beats,
    beatsAt,
    forgotten: () => forgotten,
    end: () => {
      runs = false
    },
  }
}

test('three rounds follow the last word, a second apart, and none follows at rest', () => {
  const { time, beats, beatsAt } = world()
  time.advance(60_000)
  expect(beatsAt).toEqual([])
  beats.stir()
  time.advance(1_500)
  beats.stir()
  beats.stir()
  time.advance(3_600_000)
  expect(beatsAt).toEqual([61_000, 62_000, 63_000, 64_000])
})

test('a second is forgotten once for each second, also of a rest, and of a long one no more than ten minutes', () => {
  const { time, beats, forgotten } = world()
  time.advance(15_300)
  beats.forget()
  expect(forgotten()).toBe(15)
  beats.stir()
  time.advance(10_000)
  // The part of a second that was left counts later.
  expect(forgotten()).toBe(18)
  beats.forget()
  expect(forgotten()).toBe(25)
  time.advance(24 * 3_600_000)
  beats.forget()
  expect(forgotten()).toBe(25 + 600)
})

test('a router that has stopped gets no more rounds', () => {
  const { time, beats, beatsAt, end } = world()
  beats.stir()
  time.advance(1_000)
  end()
  time.advance(60_000)
  expect(beatsAt).toEqual([1_000])
})

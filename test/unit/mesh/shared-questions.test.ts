// Who asks by mDNS where many nodes share a link: one at a time, and never nobody.
import { expect, test } from 'vitest'
import { type SharedQuestions, SILENT_MOST, shareQuestions } from '../../../src/mesh/discovery/mdns.ts'

const INTERVAL = 60_000
const OWN = '10.0.0.1'
const ASKER = '10.0.0.2'
const OTHER = '10.0.0.3'

/** Nodes that ask in their own rhythm, each with another phase; all others hear the question, and its answers a moment later. */
function link(phases: readonly number[]) {
  let now = 0
  const nodes = phases.map(() => shareQuestions(INTERVAL, () => now))
  const asked = phases.map(() => 0)
  const gone = new Set<number>()
  return {
    asked,
    gone,
    run(rounds: number): void {
      const began = now
      for (let round = 0; round < rounds; round++)
        for (const [node, phase] of phases.entries()) {
          now = began + round * INTERVAL + phase
          if (gone.has(node) || nodes[node]!.due([OWN]).length === 0) continue
          asked[node]!++
          now += 1
          for (const [other, questions] of nodes.entries()) if (other !== node) heard(questions)
        }
      now = began + rounds * INTERVAL
    },
  }
}

function heard(questions: SharedQuestions): void {
  questions.askedBeside(OWN, ASKER)
  questions.answeredBeside(OWN, ASKER)
  questions.answeredBeside(OWN, OTHER)
}

test('of twenty on a link one asks, and each again after its share of silence', () => {
  const { asked, run } = link(Array.from({ length: 20 }, (_, i) => i * 2_500))
  run(SILENT_MOST)
  expect(asked.reduce((sum, times) => sum + times)).toBeLessThanOrEqual(SILENT_MOST + 20)
  run(SILENT_MOST * 10)
  for (const times of asked) expect(times).toBeGreaterThanOrEqual(10)
})

test('when the one that asks is gone, another one asks in the next round', () => {
  const { asked, gone, run } = link([0, 20_000, 40_000])
  run(5)
  const most = asked.indexOf(Math.max(...asked))
  expect(asked[most]).toBe(5)
  gone.add(most)
  const others = (): number => asked.reduce((sum, times, node) => sum + (node === most ? 0 : times), 0)
  const before = others()
  run(2)
  expect(others()).toBeGreaterThan(before)
})

test('a question that nobody answers, one long ago, and one on another link spare none', () => {
  let now = 0
  const questions = shareQuestions(INTERVAL, () => now)
  const both = [OWN, '192.168.0.1']
  expect(questions.due(both), 'the first one').toEqual(both)
  now += INTERVAL
  questions.askedBeside(OWN, ASKER)
  expect(questions.due(both), 'not answered').toEqual(both)
  questions.answeredBeside(OWN, ASKER)
  expect(questions.due(both), 'answered by itself alone').toEqual(both)
  heard(questions)
  expect(questions.due(both), 'answered on one link').toEqual(['192.168.0.1'])
  now += INTERVAL - 1
  expect(questions.due(both), 'still spared').toEqual(['192.168.0.1'])
  now += 1
  expect(questions.due(both), 'long ago').toEqual(both)
})

test('an address that went and came asks at once', () => {
  const questions = shareQuestions(INTERVAL, () => 0)
  questions.due([OWN])
  heard(questions)
  expect(questions.due([OWN])).toEqual([])
  expect(questions.due([])).toEqual([])
  expect(questions.due([OWN])).toEqual([OWN])
})

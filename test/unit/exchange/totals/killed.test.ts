// Aggregators that are killed at each step of a batch: after each document that one of them published, it begins anew.
import { expect, test } from 'vitest'
import type { Documents } from '../../../../src/exchange/documents/index.ts'
import { createWorld, HOUR, type Machine, MINUTE } from './world.ts'

/** The documents by which an aggregator takes its steps. */
const STEPS = ['tally', 'release'] as const

test.each([0, 1] as const)(
  'aggregator %i is killed after each of its steps, and all is released once',
  async (which) => {
    const world = await createWorld(8, { seed: 11 })
    const end = Math.floor(world.network.now / HOUR) * HOUR
    const victim = world.pair[which]
    const killed: string[] = []
    const died = new Set<string>()
    for (let second = 0; second < 20 * 60; second++) {
      await world.network.pass(1_000)
      const step = stepsOf(victim).find((one) => !died.has(one))
      if (step === undefined) continue
      died.add(step)
      killed.push(step.split(' ')[0]!)
      await victim.stop()
      await world.network.pass(5_000)
      await victim.start()
      world.network.weave()
    }
    await world.network.pass(10 * MINUTE)
    // Each aggregator tells at least two editions of the tally, and its release.
    expect(killed.filter((kind) => kind === 'tally').length).toBeGreaterThanOrEqual(2)
    expect(killed).toContain('release')
    const read = world.machines[2]!.room.read('security', 'ToolUsage', { start: end - HOUR, end })
    const [bucket] = (await read).buckets
    expect(bucket).toMatchObject({
      why: undefined,
      contributions: { contributed: 8, declined: 0, late: 0, absent: 0 },
    })
    const git = bucket!.batches.flatMap(({ rows }) => rows.get('git') ?? [])
    expect(git.map(({ nodes }) => nodes)).toEqual([8])
    expect(git[0]!.values[0]).toBe(world.machines.reduce((sum, { tools }) => sum + tools.get(0)![0]!, 0))
  },
)

/** Editions that a machine published itself, each by kind, slot and version. */
const stepsOf = ({ node }: Machine): readonly string[] =>
  STEPS.flatMap((kind: Parameters<Documents['of']>[1]) =>
    [...node.holdings(kind).values()].flatMap(({ role, slot, version }) =>
      role === 'own' ? [`${kind} ${slot} ${version}`] : [],
    ),
  )

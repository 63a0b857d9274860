// Nine machines, not all linked to each other: questions stay exact while nodes refuse, die, and are cut off.
import { beforeAll, describe, expect, test } from 'vitest'
import { asksAll, beginTrial, denies, holdsAll, isCut, loses, type Trial } from '../../support/node/endure.ts'

/** `npm run soak -- mesh` has fifty. */
const COUNT = 9
let trial: Trial
beforeAll(async () => {
  trial = await beginTrial({ count: COUNT, seed: 20_261_120, fullMeshUpTo: 1 })
})

/** In order: each step finds the mesh as the one before left it. */
describe(`${COUNT} machines`, () => {
  test('every question is complete and exact', () => asksAll(trial))
  test('who denies the asker says so, also through others', () => denies(trial))
  test('killed while questions are under way', () => loses(trial))
  test.runIf(process.getuid?.() === 0)('cut in two, and healed', () => isCut(trial))
  test('everybody holds what is for them, and nobody can open what is not', async () => {
    expect(await holdsAll(trial)).toBeGreaterThanOrEqual(COUNT * COUNT * 4 - 4)
  })
})

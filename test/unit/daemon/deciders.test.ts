// Whose consent decides for a machine.
import { expect, test } from 'vitest'
import { decidersOf } from '../../../src/daemon/local.ts'

test.each([
  { what: 'whoever typed anything', typed: [1000, 1001], number: 0, decide: [1000, 1001] },
  { what: 'the number of the account', typed: [], number: 2_147_483_648, decide: [2_147_483_648] },
  { what: 'nobody while nobody can say whose the account is', typed: [], number: undefined, decide: [] },
])('$what decides', async ({ typed, number, decide }) => {
  const numberOf = async (uid: number) => (uid === 1000 ? number : undefined)
  expect(await decidersOf({ uids: async () => typed }, { numberOf }, false, 1000)()).toEqual(decide)
})

test.each([
  ['root, for a service, whose own user never says anything', true, 0],
  ['whose daemon it is', false, 997],
])('before anybody typed, %s decides', async (_, service, decides) => {
  const numberOf = async (uid: number) => uid
  expect(await decidersOf({ uids: async () => [] }, { numberOf }, service, 997)()).toEqual([decides])
})

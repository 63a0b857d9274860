// Every operation has a decision about what another account of the machine may do with it.
import { expect, test } from 'vitest'
import { OPERATIONS } from '../../src/api/contract/operations/index.ts'
import { ANOTHER_ACCOUNT } from '../support/data/another-account.ts'

test('somebody has decided about every operation, and about no other', () => {
  const routes = OPERATIONS.map(({ method, path }) => `${method} ${path}`)
  expect(Object.keys(ANOTHER_ACCOUNT).sort()).toEqual(routes.sort())
})

test('what is decided is what the contract says', () => {
  for (const { method, path, access } of OPERATIONS) {
    const [verdict] = ANOTHER_ACCOUNT[`${method} ${path}`] ?? []
    const needs = access === 'anyone' ? 'anyone' : access === 'person' ? 'person' : 'a right'
    const says = verdict === 'anyone' ? 'anyone' : verdict === 'refused' ? 'a right' : 'person'
    expect([method, path, needs]).toEqual([method, path, says])
  }
})

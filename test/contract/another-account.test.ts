// Every operation has a decision about what another account of the machine may do with it.
import { expect, test } from 'vitest'
import { OPERATIONS } from '../../src/api/contract/operations/index.ts'
import { ANOTHER_ACCOUNT } from '../support/data/another-account.ts'

test('somebody has decided about every operation, and about no other', () => {
  const routes = OPERATIONS.map(({ method, path }) => `${method} ${path}`)
  const decided = Object.keys(ANOTHER_ACCOUNT)
  const table = 'test/support/data/another-account.ts'
  const undecided = routes.filter((route) => !decided.includes(route))
  expect(undecided, `Say in ${table} what another account may do with it.`).toEqual([])
  const gone = decided.filter((route) => !routes.includes(route))
  expect(gone, `Remove the row in ${table}: there is no such operation.`).toEqual([])
})

test('what is decided is what the contract says', () => {
  for (const { method, path, access } of OPERATIONS) {
    const [verdict] = ANOTHER_ACCOUNT[`${method} ${path}`] ?? []
    const needs = access === 'anyone' ? 'anyone' : access === 'person' ? 'person' : 'a right'
    const says = verdict === 'anyone' ? 'anyone' : verdict === 'refused' ? 'a right' : 'person'
    expect([method, path, needs]).toEqual([method, path, says])
  }
})

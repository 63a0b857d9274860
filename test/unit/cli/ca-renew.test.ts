// What karo ca renew says of the roles that the issuer may give.
import { expect, test } from 'vitest'
import { grantsOf } from '../../../src/cli/input/values.ts'
import { grantWords } from '../../../src/cli/views/fleet.ts'

test('a renewal says what the issuer may give, and what is different from before', () => {
  expect(grantWords([], [])).toBe('It may give no privileged role.')
  expect(grantWords(['security'], ['security'])).toBe('It may give: security.')
  expect(grantWords(['security'], ['security', 'admin'])).toBe('It may give: security, admin. New: admin.')
  expect(grantWords(['security'], [])).toContain('No more: security.')
})

test('without an option the issuer keeps what it may give', () => {
  expect(grantsOf(undefined, ['security'])).toEqual(['security'])
  expect(grantsOf('admin', ['security'])).toEqual(['admin'])
  expect(grantsOf('none', ['security'])).toEqual([])
})

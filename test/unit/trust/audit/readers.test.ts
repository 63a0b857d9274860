// Which entries of the ledger an account reads that is no administrator.
import { expect, test } from 'vitest'
import { AUDIT_KINDS, AUDIT_TYPES, type AuditType, mayRead } from '../../../../src/trust/audit/entry-types.ts'

const ANN = 1000
const BOB = 1001

test('who asked, and what was decided about that, is for everybody; what a person did for that person', () => {
  expect(mayRead(ANN, 'query_received', undefined)).toBe(true)
  expect(mayRead(ANN, 'trust_change', undefined)).toBe(true)
  expect(mayRead(ANN, 'query_responded', BOB)).toBe(false)
  for (const type of ['consent_change', 'token_created', 'query_asked', 'history_deleted'] as const) {
    expect([type, mayRead(ANN, type, ANN)]).toEqual([type, true])
    expect([type, mayRead(ANN, type, BOB), mayRead(ANN, type, undefined)]).toEqual([type, false, false])
  }
})

test('who left or got another number, who was invited and who took a backup is for administrators', () => {
  const theirs = AUDIT_TYPES.filter((type) => AUDIT_KINDS[type][1] === 'administrators')
  expect(theirs).toEqual(
    expect.arrayContaining(['person_changed', 'invite_changed', 'backup_made', 'api_refused']),
  )
  for (const type of theirs)
    for (const uid of [ANN, BOB, undefined]) expect([type, mayRead(ANN, type, uid)]).toEqual([type, false])
})

test('an entry of a type that only another build knows is for the person whom it names', () => {
  const type = 'of_another_build' as AuditType
  expect([mayRead(ANN, type, ANN), mayRead(ANN, type, BOB), mayRead(ANN, type, undefined)]).toEqual([
    true,
    false,
    false,
  ])
})

// The ledger says which administrator changed the node or its mesh: entries of the change itself name no person.
import { expect, test } from 'vitest'
import type { Routes } from '../../../src/api/server/route.ts'
import { KaroError } from '../../../src/base/errors.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { owner } from '../../support/api/callers.ts'
import { serving } from '../../support/api/serving.ts'

const routes: Routes = (server) => {
  server.get('/looks', { config: { access: 'admin' } }, async () => ({}))
  server.post('/changes', { config: { access: 'admin' } }, async () => ({}))
  server.post('/fails', { config: { access: 'admin' } }, () => {
    throw new KaroError('conflict', 'the configuration decided otherwise')
  })
  server.post('/breaks', { config: { access: 'admin' } }, () => {
    throw new Error('after half of the change')
  })
  server.post('/own', { config: { access: 'person' } }, async () => ({}))
}

function serverFor(admin = true) {
  const recorded: AuditRecord[] = []
  const audit = {
    async record(entry: AuditRecord) {
      // The disk is slower than the answer would be.
      await new Promise((resolve) => setTimeout(resolve, 50))
      recorded.push(entry)
    },
  }
  return { recorded, audit, ...serving(routes, { audit, caller: () => ({ ...owner(1001), admin }) }) }
}

test('a change is recorded with the person and the operation before its answer leaves', async () => {
  const { recorded, post } = serverFor()
  const { headers } = await post('/changes', { who: 'web-2' })
  expect(recorded).toEqual([
    {
      type: 'administered',
      success: true,
      trace_id: headers['x-trace-id'],
      details: { uid: 1001, operation: 'POST /changes' },
    },
  ])
})

test('what breaks off may have changed something, and is recorded as failed', async () => {
  const { recorded, post } = serverFor()
  await post('/breaks')
  expect(recorded).toMatchObject([{ success: false, details: { operation: 'POST /breaks' } }])
})

test('who asks could not be found out: the answer says why, and nothing is recorded', async () => {
  const { recorded, audit } = serverFor()
  const { post } = serving(routes, {
    audit,
    caller() {
      throw new KaroError('unavailable', 'the system cannot say now whose account it is')
    },
  })
  const { status, body } = await post('/changes')
  expect([status, body.error.code]).toEqual([503, 'unavailable'])
  expect(recorded).toEqual([])
})

test('what only looks, is refused, is a person’s own affair or may not be done changes nothing, and is not recorded', async () => {
  const { recorded, get, post } = serverFor()
  await get('/looks')
  await post('/changes', { dry_run: true })
  await post('/fails')
  await post('/own')
  expect(recorded).toEqual([])
  const other = serverFor(false)
  expect((await other.post('/changes')).status).toBe(403)
  expect(other.recorded).toEqual([])
})

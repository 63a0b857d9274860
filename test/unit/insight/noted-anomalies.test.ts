// What is unusual in somebody's numbers becomes an entry of the ledger by that person's choice alone.
import { expect, test } from 'vitest'
import type { Signal } from '../../../src/base/words/signal.ts'
import { ledgerOfAnomalies } from '../../../src/daemon/mind.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import type { Consent } from '../../../src/trust/policy/index.ts'

const SIGNAL = { id: 'aabbccdd', kind: 'unusual_pattern', subject: 'zqtool', severity: 7 } as Signal
const OPEN = { off: false, max_level: 2, categories: { anomalies: true }, anomalies: 'identified' }

async function noted(change: object): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = []
  const audit = {
    async insist(record: AuditRecord) {
      records.push(record)
    },
  }
  const consentOf = async (): Promise<Consent> => Object.assign({}, OPEN, change) as unknown as Consent
  await ledgerOfAnomalies(audit, { consentOf })(1000, [SIGNAL])
  return records
}

test('of who chose to be named, with kind and severity, and without what it is about', async () => {
  const records = await noted({})
  expect(records).toEqual([
    {
      type: 'anomaly_found',
      success: true,
      details: { uid: 1000, kind: 'unusual_pattern', severity: 7, signal: 'aabbccdd' },
    },
  ])
  expect(JSON.stringify(records)).not.toContain('zqtool')
})

test.each([
  ['anonymous', { anomalies: 'anonymous' }],
  ['off', { anomalies: 'off' }],
  ['everything off', { off: true }],
  ['the category off', { categories: { anomalies: false } }],
  ['no level', { max_level: 0 }],
])('of nobody with %s', async (_, change) => {
  expect(await noted(change)).toEqual([])
})

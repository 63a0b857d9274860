// The checks of a node's own certificate and of a login as an operator, by what the daemon says.
import { expect, test } from 'vitest'
import { found } from './found.ts'

const DAY = 24 * 3_600_000
const NOW = Date.UTC(2026, 10, 21)
const at = (days: number): string => new Date(NOW + days * DAY).toISOString()

const judgeCertificate = (certificate: object | null, now: number, invite_refused?: string) =>
  found('mesh.certificate', { certificate, invite_refused }, { now: () => now })
const judgeLogin = (login: object | null, now: number) =>
  found('operator.login', { login }, { now: () => now })

const certificate = (from: number, to: number, change: object = {}) => ({
  usage: 'node' as const,
  begins_at: at(from),
  ends_at: at(to),
  why_not: null,
  revoked_by: null,
  issuers: 2,
  issuers_there: 1,
  ...change,
})

test('a certificate that is renewed in time is fine, and one that was not is told before it ends', async () => {
  expect(await judgeCertificate(null, NOW)).toMatchObject([{ outcome: 'skipped' }])
  for (const [why, says] of [
    ['enrolment_file', 'the enrolment file cannot be used'],
    ['used', 'the last invite was refused'],
  ] as const) {
    expect(await judgeCertificate(null, NOW, why)).toMatchObject([
      { outcome: 'warn', detail: expect.stringContaining(says), fix: expect.stringContaining('karo join') },
    ])
  }
  expect(await judgeCertificate(certificate(-20, 10), NOW)).toMatchObject([
    { outcome: 'ok', detail: expect.stringMatching(/10 days left; 1 of 2 issuers are connected/) },
  ])
  expect(await judgeCertificate(certificate(-26, 4, { issuers_there: 0 }), NOW)).toMatchObject([
    { outcome: 'warn', detail: expect.stringMatching(/4 days left, and was not renewed in time \(0 of 2/) },
  ])
})

test('one that holds no more fails, and says why and what to do', async () => {
  const none = { usage: null, begins_at: null, ends_at: null }
  for (const [why_not, words] of [
    ['revoked', 'its key was revoked'],
    ['issuer_revoked', 'the root revoked the issuer that certified it'],
    ['not_granted', 'may not give its roles any more'],
    ['ended', 'has ended'],
    [null, 'no certificate'],
  ] as const) {
    const [first] = await judgeCertificate(certificate(0, 0, { ...none, why_not }), NOW)
    expect(first).toMatchObject({ outcome: 'fail', detail: expect.stringContaining(words) })
    expect(first?.fix).toContain('karo join')
  }
  const hq = { node_id: 'karo:ed25519:x' as never, name: 'hq', fingerprint: '0123456789abcdef' }
  for (const [root, who] of [
    [false, 'the issuer hq (0123 4567 89ab cdef) revoked its key'],
    [true, 'the root revoked its key'],
  ] as const) {
    const revoked_by = { ...hq, root, at: at(-1) }
    const [first] = await judgeCertificate(
      certificate(0, 0, { ...none, why_not: 'revoked', revoked_by }),
      NOW,
    )
    expect(first).toMatchObject({ detail: expect.stringContaining(who) })
    expect(first?.fix).toContain('karo identity new')
  }
})

test('nobody renews an issuer by itself, so it is told a month before', async () => {
  expect(await judgeCertificate(certificate(-300, 100, { usage: 'issuer' }), NOW)).toMatchObject([
    { outcome: 'ok' },
  ])
  expect(await judgeCertificate(certificate(-371, 29, { usage: 'issuer' }), NOW)).toMatchObject([
    { outcome: 'warn', fix: expect.stringContaining('karo ca renew') },
  ])
})

test('a login whose operator’s certificate ends soon is told', async () => {
  const login = { name: 'carol', fingerprint: '0123456789abcdef', ends_at: at(0.25) }
  expect(await judgeLogin(null, NOW)).toMatchObject([{ outcome: 'ok' }])
  expect(await judgeLogin({ ...login, certificate_ends_at: at(20) }, NOW)).toMatchObject([
    { outcome: 'ok', detail: expect.stringMatching(/carol \(0123 4567 89ab cdef\) until .*, 6 hours left/) },
  ])
  expect(await judgeLogin({ ...login, certificate_ends_at: null }, NOW)).toMatchObject([{ outcome: 'ok' }])
  expect(await judgeLogin({ ...login, certificate_ends_at: at(2) }, NOW)).toMatchObject([
    { outcome: 'warn', fix: expect.stringContaining('karo operator renew 0123456789abcdef') },
  ])
})

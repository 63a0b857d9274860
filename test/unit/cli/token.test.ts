// karo token against a real API: what is made, what stands on stdout, what people see.
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import type { TokenCreatedShape, TokenListShape } from '../../../src/api/contract/shapes.ts'
import { type Rig, startRig } from '../../support/api/http-rig.ts'
import { commandLine } from '../../support/run/command-line.ts'

const karo = (rig: Rig, ...words: string[]) => commandLine(words, { env: { KARO_HOME: dirname(rig.socket) } })

test('a script gets the token alone on stdout; people are told how far and how long beside it', async () => {
  const rig = await startRig()
  const made = await karo(rig, 'token', 'create', '--name', 'script', '--scope', 'full', '--ttl', '1h')
  expect(made.code).toBe(0)
  expect(made.out).toMatch(/^karo_[0-9a-f]{10}_[\w-]{43}\n$/)
  expect(made.err).toContain('Scope full')
  expect(made.err).not.toContain(made.out.trim())
  const listed = await karo(rig, 'token', 'list')
  expect(listed.out).toMatch(/script +full +\S.* +never/)
  expect(listed.out).not.toContain(made.out.slice(16, 40))
})

test('by itself a token is of scope read, holds 30 days, and is called by its id', async () => {
  const rig = await startRig()
  const made = JSON.parse((await karo(rig, 'token', 'create', '--json')).out) as TokenCreatedShape
  expect(made).toMatchObject({
    scope: 'read',
    name: made.id,
    created_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-01-31T00:00:00.000Z',
  })
  const { tokens } = JSON.parse((await karo(rig, 'token', 'list', '--json')).out) as TokenListShape
  expect(tokens.map(({ id }) => id)).toEqual([made.id])
})

test('is revoked by name, by id, or by the token itself, of which only the id is sent', async () => {
  const rig = await startRig()
  await karo(rig, 'token', 'create', '--name', 'one')
  expect((await karo(rig, 'token', 'revoke', 'one')).out).toBe('Revoked one.\n')
  const whole = (await karo(rig, 'token', 'create')).out.trim()
  expect((await karo(rig, 'token', 'revoke', whole)).code).toBe(0)
  expect((await karo(rig, 'token', 'list')).out).toContain('No tokens')
  const missing = await karo(rig, 'token', 'revoke', 'one')
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("no token 'one'")])
})

test('a name that it cannot have is said in words', async () => {
  const { code, err } = await karo(await startRig(), 'token', 'create', '--name', 'a b')
  expect([code, err]).toEqual([
    2,
    expect.stringMatching(/^karo: --name: a name has at most 64 letters, digits and \. _ -/),
  ])
})

test('where nothing listens it is said that a new token opens nothing, beside it', async () => {
  const on = await karo(await startRig(), 'token', 'create')
  expect(on.err).not.toContain('opens nothing')
  const rig = await startRig([], { enabled: false })
  const off = await karo(rig, 'token', 'create')
  expect(off.out).toMatch(/^karo_[0-9a-f]{10}_[\w-]{43}\n$/)
  expect(off.err).toContain('cannot be used yet')
  expect(off.err).toContain('http.enabled')
  const made = JSON.parse((await karo(rig, 'token', 'create', '--json')).out) as TokenCreatedShape
  expect(made.http).toEqual({ enabled: false, listen: null })
  const taken = await startRig()
  await taken.http.listener.stop()
  expect((await karo(taken, 'token', 'create')).err).toContain('cannot be used now')
})

test('sessions are shown with what opened them, and ended: one, or all', async () => {
  const rig = await startRig()
  expect((await karo(rig, 'token', 'sessions')).out).toBe('No session is open in a browser.\n')
  const secret = (await karo(rig, 'token', 'create', '--scope', 'full')).out.trim()
  const authorization = `Bearer ${secret}`
  for (let i = 0; i < 3; i++)
    await rig.send('/api/v1/sessions', { method: 'POST', headers: { authorization } })
  const shown = (await karo(rig, 'token', 'sessions')).out
  for (const number of [1, 2, 3])
    expect(shown).toMatch(new RegExp(`^${number} +full +${secret.slice(5, 15)}`, 'm'))
  expect((await karo(rig, 'token', 'end', '2')).out).toBe('Ended 1 session.\n')
  const missing = await karo(rig, 'token', 'end', '2')
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('no session 2')])
  expect((await karo(rig, 'token', 'end', 'all')).code).toBe(2)
  expect((await karo(rig, 'token', 'end', '--json')).out).toBe('{"ended":2}\n')
  expect((await karo(rig, 'token', 'sessions')).out).toBe('No session is open in a browser.\n')
})

test.each([
  ['a scope there is not', ['--scope', 'root']],
  ['no length of time', ['--ttl', 'soon']],
  ['longer than a year', ['--ttl', '400d']],
  ['shorter than a minute', ['--ttl', '1s']],
])('%s is wrong usage, and makes nothing', async (_, words) => {
  const rig = await startRig()
  expect((await karo(rig, 'token', 'create', ...words)).code).toBe(2)
  expect(await rig.repository.all()).toEqual([])
})

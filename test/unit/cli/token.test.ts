// karo token against a real API: what is made, what stands on stdout, what people see.

import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import type { TokenCreatedShape } from '../../../src/api/contract/shapes.ts'
import { type Rig, startRig } from '../../support/api/http-rig.ts'
import { commandLine } from '../../support/run/command-line.ts'
import type { TokenListShape } from '../../support/shapes.ts'

/** `karo token` with the words of `line`. */
const token = (rig: Rig, line: string) =>
  commandLine(['token', ...line.split(' ')], { env: { KARO_HOME: dirname(rig.socket) } })
const made = async (rig: Rig) => (await token(rig, 'create --json')).json() as TokenCreatedShape

test('a script gets the token alone on stdout; people are told how far and how long beside it', async () => {
  const rig = await startRig()
  const { code, out, err } = await token(rig, 'create --name script --scope full --ttl 1h')
  expect(code).toBe(0)
  expect(out).toMatch(/^karo_[0-9a-f]{10}_[\w-]{43}\n$/)
  expect(err).toContain('Scope full')
  expect(err).not.toContain(out.trim())
  const listed = await token(rig, 'list')
  expect(listed.out).toMatch(/script +full +\S.* +never/)
  expect(listed.out).not.toContain(out.slice(16, 40))
})

test('by itself a token is of scope read, holds 30 days, and is called by its id', async () => {
  const rig = await startRig()
  const one = await made(rig)
  expect(one).toMatchObject({
    scope: 'read',
    name: one.id,
    created_at: '2026-01-01T00:00:00.000Z',
    expires_at: '2026-01-31T00:00:00.000Z',
  })
  const { tokens } = (await token(rig, 'list --json')).json() as TokenListShape
  expect(tokens.map(({ id }) => id)).toEqual([one.id])
})

test('is revoked by name, by id, or by the token itself, of which only the id is sent', async () => {
  const rig = await startRig()
  await token(rig, 'create --name one')
  expect((await token(rig, 'revoke one')).out).toBe('Revoked one.\n')
  const whole = (await token(rig, 'create')).out.trim()
  expect((await token(rig, `revoke ${whole}`)).code).toBe(0)
  expect((await token(rig, 'list')).out).toContain('No tokens')
  const missing = await token(rig, 'revoke one')
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("no token 'one'")])
})

test('a name that it cannot have is said in words', async () => {
  const { code, err } = await token(await startRig(), 'create --name a/b')
  expect([code, err]).toEqual([2, expect.stringMatching(/^karo: name: letters, digits, \. _ - only/)])
})

test('where nothing listens it is said that a new token opens nothing, beside it', async () => {
  expect((await token(await startRig(), 'create')).err).not.toContain('opens nothing')
  const rig = await startRig([], { enabled: false })
  const off = await token(rig, 'create')
  expect(off.out).toMatch(/^karo_[0-9a-f]{10}_[\w-]{43}\n$/)
  expect(off.err).toMatch(/cannot be used yet[\s\S]*http\.enabled/)
  expect((await made(rig)).http).toEqual({ enabled: false, listen: null })
  const taken = await startRig()
  await taken.http.listener.stop()
  expect((await token(taken, 'create')).err).toContain('cannot be used now')
})

test('sessions are shown with what opened them, and ended: one, or all', async () => {
  const rig = await startRig()
  const none = 'No session is open in a browser.\n'
  expect((await token(rig, 'sessions')).out).toBe(none)
  const secret = (await token(rig, 'create --scope full')).out.trim()
  const headers = { authorization: `Bearer ${secret}` }
  for (let i = 0; i < 3; i++) await rig.send('/api/v1/sessions', { method: 'POST', headers })
  const shown = (await token(rig, 'sessions')).out
  for (const number of [1, 2, 3])
    expect(shown).toMatch(new RegExp(`^${number} +full +${secret.slice(5, 15)}`, 'm'))
  expect((await token(rig, 'end 2')).out).toBe('Ended 1 session.\n')
  expect(await token(rig, 'end 2')).toMatchObject({ code: 1, err: expect.stringContaining('no session 2') })
  expect((await token(rig, 'end all')).code).toBe(2)
  expect((await token(rig, 'end --json')).out).toBe('{"ended":2}\n')
  expect((await token(rig, 'sessions')).out).toBe(none)
})

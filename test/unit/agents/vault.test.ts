// The vault: what is at rest, wrong passphrases, rows that somebody changed or swapped, who is given what, rotation, and files.
import { describe, expect, test } from 'vitest'
import { decodeValue, encodeValue } from '../../../src/store/level/value.ts'
import { createPeopleRepository } from '../../../src/store/tables/people.ts'
import { createRetentionTimeRepository } from '../../../src/store/tables/retention-time.ts'
import { isVaultRow, noteLossOfVaults, type SecretRow } from '../../../src/store/tables/vault.ts'
import { ANN, annsVault, asking, BOB, CANARY, rig, to, words } from '../../support/agents/vault.ts'
import { code } from '../../support/run/code.ts'

describe('at rest', () => {
  test('neither a value nor the passphrase is in any row, and none in the ledger', async () => {
    const { rows, ledger, reveal } = await annsVault()
    const all = Buffer.concat((await rows()).flat().map((bytes) => Buffer.from(bytes)))
    for (const text of [CANARY, 'correct horse']) expect(all.includes(text)).toBe(false)
    expect(await reveal('token')).toBe(CANARY)
    expect(JSON.stringify(ledger)).not.toContain(CANARY)
    expect(JSON.stringify(ledger)).not.toContain('"token"')
    expect(ledger.at(-1)).toMatchObject({ type: 'secret_read', details: { uid: 1000, by: 'its person' } })
  })

  test('what was handed over is overwritten', async () => {
    const { vault } = await annsVault()
    const [value, passphrase] = [Buffer.from('xyz'), words()]
    await vault.set(ANN, { name: 'other', value })
    await vault.lock(ANN)
    await vault.unlock(ANN, passphrase, 60)
    for (const bytes of [value, passphrase]) expect(bytes.every((byte) => byte === 0)).toBe(true)
    const wrong = words('another one')
    await expect(vault.unlock(ANN, wrong, 60)).rejects.toEqual(code('unauthorized'))
    expect(wrong.every((byte) => byte === 0)).toBe(true)
  })

  test('each person has a vault of their own, which goes with them', async () => {
    const { vault, db, set, reveal, rows } = await annsVault()
    await expect(reveal('token', BOB)).rejects.toEqual(code('not_found'))
    expect(await vault.list(BOB)).toEqual([])
    await vault.init(BOB, words('battery staple'))
    await set('token', 'of bob', {}, BOB)
    expect([await reveal('token'), await reveal('token', BOB)]).toEqual([CANARY, 'of bob'])
    // A row of Ann's under Bob's number is not his.
    for (const [key, value] of await rows()) {
      const moved = Buffer.from(key)
      if (moved.readUInt32BE(1) !== ANN.person) continue
      moved.writeUInt32BE(BOB.person, 1)
      await db.put(moved, value)
    }
    await vault.lock(BOB)
    await expect(vault.unlock(BOB, words(), 60)).rejects.toEqual(code('unauthorized'))
    await createPeopleRepository(db).clear(BOB.person)
    expect((await rows()).map(([key]) => Buffer.from(key).readUInt32BE(1))).not.toContain(BOB.person)
  })
})

test('what can be read now is hidden wherever it is repeated, also from agents that were never given it', async () => {
  const { vault, set } = await annsVault()
  const masked = (words: string, person = ANN.person) => vault.mask(person)?.text(words)
  expect(masked(`a ${CANARY} b`)).toBe('a [secret token] b')
  expect(masked(CANARY, BOB.person)).toBeUndefined()
  await set('other', 'another-value')
  expect(masked('another-value')).toBe('[secret other]')
  await vault.remove(ANN, 'other')
  expect(masked('another-value')).toBe('another-value')
  await vault.lock(ANN)
  expect(masked(CANARY)).toBeUndefined()
  await vault.unlock(ANN, words(), 60)
  expect(masked(CANARY)).toBe('[secret token]')
  const again = await rig({ credential: 'words of the service' })
  await again.vault.init(ANN, undefined)
  await again.set('token', CANARY)
  await again.vault.lock(ANN)
  expect(await again.vault.take(ANN, { ...asking, wants: [] })).toEqual([])
  expect(again.vault.mask(ANN.person)?.text(CANARY)).toBe('[secret token]')
})

describe('while it is locked', () => {
  test('names are told and nothing is given; it locks itself', async () => {
    const { vault, pass, reveal } = await annsVault()
    await pass(8 * 3_600_000)
    expect((await vault.state(ANN)).unlocked_until).toBeNull()
    expect((await vault.list(ANN)).map(({ name }) => name)).toEqual(['token'])
    await expect(reveal('token')).rejects.toMatchObject({ code: 'refused', where: 'vault' })
    await expect(vault.take(ANN, asking)).rejects.toEqual(code('refused'))
  })

  test('it is locked after a suspend, and setting the clock back keeps nothing open', async () => {
    const { vault, time, pass, reveal } = await annsVault()
    time.now += 8 * 3_600_000
    await expect(reveal('token')).rejects.toMatchObject({ code: 'refused', where: 'vault' })
    expect((await vault.state(ANN)).unlocked_until).toBeNull()
    await vault.unlock(ANN, words(), 60)
    time.now -= 86_400_000
    await pass(60_000)
    await expect(reveal('token')).rejects.toMatchObject({ code: 'refused', where: 'vault' })
  })

  test('passphrases cannot be tried without end', async () => {
    const { vault, ledger, time, pass } = await annsVault()
    await vault.lock(ANN)
    for (let n = 0; n < 5; n += 1)
      await expect(vault.unlock(ANN, words(`guess ${n} of it`), 60)).rejects.toEqual(code('unauthorized'))
    await expect(vault.unlock(ANN, words(), 60)).rejects.toEqual(code('rate_limited'))
    expect(ledger.filter(({ success }) => !success)).toHaveLength(5)
    await pass(60_000)
    expect((await vault.unlock(ANN, words(), 60)).unlocked_until).toBe(time.now + 60_000)
  })

  test('it can be destroyed', async () => {
    const { vault, rows } = await annsVault()
    await vault.lock(ANN)
    expect(await vault.destroy(ANN)).toEqual({ secrets: 1 })
    expect(await rows()).toEqual([])
  })
})

describe('what somebody changed in the database', () => {
  test('a changed value, a longer life, another reader and another name are noticed', async () => {
    const changes: ((row: SecretRow) => SecretRow)[] = [
      (row) => ({ ...row, sealed: Uint8Array.from(row.sealed, (byte, i) => (i === 20 ? byte ^ 1 : byte)) }),
      (row) => ({ ...row, expires_at: 1_900_000_000_000 }),
      (row) => ({ ...row, allowed: [to] }),
      (row) => ({ ...row, note: 'harmless' }),
    ]
    for (const change of changes) {
      const { vault, forge, problemOf, reveal } = await annsVault()
      await forge('token', change)
      expect(await problemOf('token')).toContain('changed outside of Karo')
      await expect(reveal('token')).rejects.toEqual(code('bad_file'))
      await expect(vault.take(ANN, asking)).rejects.toThrow()
      await expect(vault.rotate(ANN)).rejects.toEqual(code('bad_file'))
    }
  })

  test('two values that were swapped are noticed', async () => {
    const { forge, set, reveal, rows } = await annsVault()
    await set('other', 'b')
    const sealed = new Map<string, Uint8Array>()
    for (const [, value] of await rows()) {
      const row = decodeValue<SecretRow>(value)
      if (row.name !== undefined) sealed.set(row.name, row.sealed)
    }
    await forge('token', (row) => ({ ...row, sealed: sealed.get('other') as Uint8Array }))
    await forge('other', (row) => ({ ...row, sealed: sealed.get('token') as Uint8Array }))
    for (const name of ['token', 'other']) await expect(reveal(name)).rejects.toEqual(code('bad_file'))
  })

  test('an older row in the place of a newer one, a row that is gone, and one too many are noticed', async () => {
    const { vault, db, set, rows, problemOf, reveal } = await annsVault()
    const before = await rows()
    await set('token', 'newer')
    for (const [key, value] of before) if (key[5] === 2) await db.put(key, value)
    expect(await problemOf('token')).toContain('older one was put in its place')
    await expect(reveal('token')).rejects.toEqual(code('bad_file'))
    for (const [key] of before) if (key[5] === 2) await db.del(key)
    expect(await problemOf('token')).toContain('missing')
    // What is set again counts from then on; what was there before does not come back.
    await set('token', 'anew')
    expect(await reveal('token')).toBe('anew')
    await vault.remove(ANN, 'token')
    for (const [key, value] of before) if (key[5] === 2) await db.put(key, value)
    expect(await problemOf('token')).toContain('put there outside of Karo')
  })

  test('an older header does not open newer rows', async () => {
    const { vault, db, rows, reveal } = await annsVault()
    const header = (await rows()).find(([key]) => key[5] === 1)
    await vault.rotate(ANN)
    await db.put(header?.[0] as Uint8Array, header?.[1] as Uint8Array)
    await expect(reveal('token')).rejects.toEqual(code('bad_file'))
  })

  test('after a loss of rows nobody is allowed to have anything', async () => {
    const { vault, db, ledger } = await annsVault()
    await vault.allow(ANN, 'token', to)
    await noteLossOfVaults(db)
    await vault.lock(ANN)
    await vault.unlock(ANN, words(), 60)
    await expect(vault.take(ANN, asking)).rejects.toThrow('nobody allowed it')
    expect(ledger.map(({ details }) => details.change)).toContain('denied_all')
    expect(await vault.list(ANN)).toMatchObject([{ name: 'token', problem: null, allowed: [] }])
  })

  test('rows are known by their form', async () => {
    const { rows, db } = await annsVault()
    await noteLossOfVaults(db)
    for (const [key, value] of await rows()) expect(isVaultRow(key, value)).toBe(true)
    const [key] = (await rows())[0] as [Uint8Array, Uint8Array]
    expect(isVaultRow(key, encodeValue({ name: 'x' }))).toBe(false)
  })
})

describe('agents', () => {
  test('are given what a person allowed for exactly that program, and the ledger says so', async () => {
    const { vault, ledger } = await annsVault()
    await expect(vault.take(ANN, asking)).rejects.toThrow('nobody allowed it')
    await vault.allow(ANN, 'token', to)
    const [got] = await vault.take(ANN, asking)
    expect([got?.name, got?.bytes.toString()]).toEqual(['TOKEN', CANARY])
    const [{ id } = { id: '' }] = await vault.list(ANN)
    const read = { secret: id, by: asking.agent }
    expect(
      ledger.filter(({ type }) => type === 'secret_read').map(({ success, details }) => [success, details]),
    ).toMatchObject([
      [false, { ...read, reason: 'nobody allowed it' }],
      [true, read],
    ])
    await expect(vault.take(ANN, { ...asking, manifest: 'e'.repeat(64) })).rejects.toThrow('another program')
    await expect(vault.take(ANN, { ...asking, agent: 'kExecutor:other' })).rejects.toThrow('nobody allowed')
    await expect(vault.take(BOB, asking)).rejects.toEqual(code('not_found'))
  })

  test('are given all that they ask for or nothing, and only while no other tools may be called', async () => {
    const { vault, set } = await annsVault()
    await set('other', 'b')
    await vault.allow(ANN, 'token', { ...to, tools: ['read', 'list'] })
    expect(await vault.take(ANN, asking)).toHaveLength(1)
    await expect(vault.take(ANN, { ...asking, tools: [] })).rejects.toThrow('more tools')
    await expect(vault.take(ANN, { ...asking, tools: ['read', 'send'] })).rejects.toThrow('more tools')
    const both = [...asking.wants, { variable: 'OTHER', secret: 'other' }]
    await expect(vault.take(ANN, { ...asking, wants: both })).rejects.toThrow('other')
  })

  test('that may not have it any more are named', async () => {
    const { vault } = await annsVault()
    const ended: [number, string][] = []
    vault.onTaken((...one) => ended.push(one))
    await vault.allow(ANN, 'token', to)
    await vault.deny(ANN, 'token', 'build')
    await vault.allow(ANN, 'token', to)
    await vault.remove(ANN, 'token')
    const one = [ANN.person, asking.agent]
    expect(ended).toEqual([one, one])
    await expect(vault.take(ANN, asking)).rejects.toEqual(code('not_found'))
  })
})

describe('time', () => {
  test('a secret whose time is over is not given, and is removed, also while the vault is locked', async () => {
    const { vault, db, time, set, reveal, rows, pass, problemOf } = await annsVault()
    await vault.start(new AbortController().signal)
    await set('short', 'x', { expires_at: time.now + 1_000 })
    time.now += 1_000
    await expect(reveal('short')).rejects.toThrow('time of short is over')
    await vault.lock(ANN)
    await createRetentionTimeRepository(db).put(time.now)
    await pass(600_000)
    expect(await rows()).toHaveLength(2)
    await vault.unlock(ANN, words(), 60)
    expect(await problemOf('short')).toBeUndefined()
    expect(await reveal('token')).toBe(CANARY)
  })

  test('a clock that is ahead for a while removes no secret', async () => {
    const { vault, db, time, set, reveal, pass } = await annsVault()
    await createRetentionTimeRepository(db).put(time.now)
    await set('month', 'x', { expires_at: time.now + 30 * 86_400_000 })
    const right = time.now
    time.now += 365 * 86_400_000
    await vault.start(new AbortController().signal)
    await pass(600_000)
    time.now = right
    await vault.unlock(ANN, words(), 60)
    expect(await reveal('month')).toBe('x')
  })

  test('unlocking rotates when it is time', async () => {
    const { vault, time, reveal, ledger } = await annsVault()
    time.days = 90
    time.now += 90 * 86_400_000
    await vault.lock(ANN)
    expect((await vault.unlock(ANN, words(), 60)).rotated_at).toBe(time.now)
    expect(await reveal('token')).toBe(CANARY)
    expect(ledger.map(({ details }) => details.change)).toContain('rotated')
  })
})

describe('rotation', () => {
  test('every value is under a new key, all in one batch', async () => {
    const { vault, db, set, reveal, rows } = await annsVault()
    for (let n = 0; n < 20; n += 1) await set(`s${n}`, `value ${n}`)
    const before = new Map((await rows()).map(([key, value]) => [Buffer.from(key).toString('hex'), value]))
    let batches = 0
    db.on('write', () => {
      batches += 1
    })
    expect(await vault.rotate(ANN)).toEqual({ secrets: 21 })
    expect(batches).toBe(1)
    for (const [key, value] of await rows())
      expect(Buffer.from(value).equals(before.get(Buffer.from(key).toString('hex')) as Uint8Array)).toBe(
        false,
      )
    expect(await reveal('s7')).toBe('value 7')
  })

  test('another passphrase takes the present one, and the old one opens nothing', async () => {
    const { vault, reveal } = await annsVault()
    const next = () => words('a new passphrase')
    await expect(vault.rotate(ANN, { current: words('wrong one'), next: next() })).rejects.toEqual(
      code('unauthorized'),
    )
    await vault.rotate(ANN, { current: words(), next: next() })
    await vault.lock(ANN)
    await expect(vault.unlock(ANN, words(), 60)).rejects.toEqual(code('unauthorized'))
    await vault.unlock(ANN, next(), 60)
    expect(await reveal('token')).toBe(CANARY)
  })
})

describe('a credential of the service', () => {
  test('opens the vault without a person, and another one does not', async () => {
    const { vault, db, set, reveal } = await rig({ credential: 'of the service' })
    expect((await vault.init(ANN, undefined)).protection).toBe('credential')
    await set('token', CANARY)
    await vault.lock(ANN)
    expect(await reveal('token')).toBe(CANARY)
    const other = await rig({ db, credential: 'another one' })
    await expect(other.reveal('token')).rejects.toEqual(code('unauthorized'))
    const none = await rig({ db })
    await expect(none.reveal('token')).rejects.toEqual(code('refused'))
    await expect(none.vault.init(BOB, undefined)).rejects.toEqual(code('refused'))
  })
})

describe('a file of secrets', () => {
  test('opens by its own passphrase alone, and allows nobody anything', async () => {
    const { vault } = await annsVault()
    await vault.allow(ANN, 'token', to)
    const file = await vault.backup(ANN, words('of the file'))
    expect(JSON.stringify(file)).not.toContain(CANARY)
    const other = await rig()
    await other.vault.init(BOB, words('battery staple'))
    const restore = (passphrase: string, replace = false, what = file) =>
      other.vault.restore(BOB, what, { passphrase: words(passphrase), replace })
    await expect(restore('correct horse')).rejects.toEqual(code('unauthorized'))
    await expect(restore('of the file', false, { ...file, salt: 'c2FsdA' })).rejects.toEqual(
      code('bad_request'),
    )
    const later = { ...file, created_at: '2030-01-01T00:00:00.000Z' }
    await expect(restore('of the file', false, later)).rejects.toEqual(code('unauthorized'))
    expect(await restore('of the file')).toMatchObject([{ name: 'token', allowed: [] }])
    expect(await other.reveal('token', BOB)).toBe(CANARY)
    await expect(restore('of the file')).rejects.toEqual(code('conflict'))
    await other.vault.allow(BOB, 'token', to)
    const ended: [number, string][] = []
    other.vault.onTaken((...one) => ended.push(one))
    expect(await restore('of the file', true)).toMatchObject([{ name: 'token', allowed: [] }])
    expect(ended).toEqual([[BOB.person, to.agent]])
  })
})

test('a vault is bounded', async () => {
  const { set } = await annsVault()
  await expect(set('a b', 'x')).rejects.toEqual(code('bad_request'))
  await expect(set('x', '')).rejects.toEqual(code('bad_request'))
  await expect(set('x', 'x'.repeat(64 * 1024 + 1))).rejects.toEqual(code('bad_request'))
  for (let n = 0; n < 15; n += 1) await set(`big${n}`, 'x'.repeat(64 * 1024))
  await expect(set('one-more', 'x'.repeat(64 * 1024))).rejects.toEqual(code('rate_limited'))
})

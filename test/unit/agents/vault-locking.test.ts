// The vault between its awaits: locked or failing in the middle of something, no key and no value is lost, and none is left in memory.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Vault, VaultFile } from '../../../src/agents/vault/types.ts'
import { ANN, annsVault, asking, CANARY, rig, to, words } from '../../support/agents/vault.ts'
import { code } from '../../support/run/code.ts'

/** Every key that something was sealed under, and everything that was opened. */
const seen: Uint8Array[] = []
vi.mock('../../../src/agents/vault/envelope.ts', async (original) => {
  const real = await original<typeof import('../../../src/agents/vault/envelope.ts')>()
  return {
    ...real,
    seal(...args: Parameters<typeof real.seal>) {
      seen.push(args[0])
      return real.seal(...args)
    },
    open(...args: Parameters<typeof real.open>) {
      const bytes = real.open(...args)
      if (bytes !== undefined) seen.push(bytes)
      return bytes
    },
  }
})
beforeEach(() => void seen.splice(0))
afterEach(() => void seen.splice(0))

const works: Record<string, (vault: Vault, file: VaultFile) => Promise<unknown>> = {
  set: (vault) => vault.set(ANN, { name: 'other', value: Buffer.from('x') }),
  reveal: (vault) => vault.reveal(ANN, 'token'),
  take: (vault) => vault.take(ANN, asking),
  rotate: (vault) => vault.rotate(ANN),
  'rotate --passphrase': (vault) => vault.rotate(ANN, { current: words(), next: words() }),
  backup: (vault) => vault.backup(ANN, words('of the file')),
  restore: (vault, file) => vault.restore(ANN, file, { passphrase: words('of the file'), replace: true }),
}
const derives = new Set(['rotate --passphrase', 'backup', 'restore'])

describe('a vault that is locked in the middle of', () => {
  test.each(Object.keys(works))('%s loses nothing, and says that it is locked', async (name) => {
    const { vault, hook, pass, reveal, problemOf } = await annsVault()
    await vault.allow(ANN, 'token', to)
    const file = await vault.backup(ANN, words('of the file'))
    const refusedAt = new Set<number>()
    // At once, and in the middle of what follows, which is the derivation of a key for some.
    for (const lockBy of [(lock: () => void) => lock(), ...(derives.has(name) ? [setImmediate] : [])])
      for (let step = 1, isOver = false; !isOver; step += 1) {
        let steps = 0
        hook.at = () => {
          steps += 1
          if (steps === step) lockBy(() => void vault.lock(ANN))
        }
        const outcome = await works[name]?.(vault, file).catch((error: unknown) => error)
        hook.at = () => {}
        isOver = steps < step
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: 'refused', where: 'vault', message: 'your vault is locked' })
          refusedAt.add(step)
        }
        await vault.lock(ANN)
        await pass(60_000)
        await vault.unlock(ANN, words(), 3_600)
        expect(await problemOf('token')).toBeNull()
        expect(await reveal('token')).toBe(CANARY)
      }
    // Before the work has the keys, and once it has them.
    expect(refusedAt.size).toBeGreaterThan(1)
  })

  test('unlocking is locked', async () => {
    const { vault } = await annsVault()
    await vault.lock(ANN)
    const unlocking = vault.unlock(ANN, words(), 60)
    const locked = await vault.lock(ANN)
    await unlocking
    expect([locked.unlocked_until, (await vault.state(ANN)).unlocked_until]).toEqual([null, null])
  })
})

describe('neither a key nor a value is left in memory', () => {
  const fail = (at: string) => (what: string) => {
    if (what === at) throw new Error('the disk is full')
  }
  const expectWiped = async (vault: Vault): Promise<void> => {
    await vault.lock(ANN)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter((bytes) => bytes.some((byte) => byte !== 0))).toEqual([])
  }

  test('when a vault cannot be written, at first or with a new key', async () => {
    const { vault, hook, set } = await rig()
    hook.at = fail('write')
    await expect(vault.init(ANN, words())).rejects.toThrow('disk is full')
    await expectWiped(vault)
    hook.at = () => {}
    await vault.init(ANN, words())
    await set('token', CANARY)
    hook.at = fail('write')
    await expect(vault.rotate(ANN)).rejects.toThrow('disk is full')
    await expect(works['rotate --passphrase']?.(vault, {} as never)).rejects.toThrow('disk is full')
    await expectWiped(vault)
  })

  test('when the ledger cannot be written', async () => {
    const { vault, hook } = await annsVault()
    await vault.allow(ANN, 'token', to)
    hook.at = fail('tell')
    for (const name of ['reveal', 'take', 'backup'])
      await expect(works[name]?.(vault, {} as never)).rejects.toThrow('disk is full')
    await expectWiped(vault)
  })

  test('when one of the values is damaged, and when a file does not fit', async () => {
    const { vault, forge, set } = await annsVault()
    await set('other', 'y')
    const file = await vault.backup(ANN, words('of the file'))
    const restore = () => vault.restore(ANN, file, { passphrase: words('of the file'), replace: false })
    await expect(restore()).rejects.toEqual(code('conflict'))
    const [, second] = await vault.list(ANN)
    await forge(second?.name ?? '', (row) => ({ ...row, note: 'forged' }))
    await expect(vault.backup(ANN, words('of the file'))).rejects.toEqual(code('bad_file'))
    await expect(vault.rotate(ANN)).rejects.toEqual(code('bad_file'))
    await expectWiped(vault)
  })

  test('when too many requests wait', async () => {
    const { vault } = await annsVault()
    const values = Array.from({ length: 80 }, () => Buffer.from('xyz'))
    const all = await Promise.allSettled(values.map((value) => vault.set(ANN, { name: 'n', value })))
    expect(all.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0)
    expect(values.filter((value) => value.some((byte) => byte !== 0))).toEqual([])
    await expectWiped(vault)
  })
})

// Which options say who may open a backup: contradictions, and files that nobody should use, end the command before it begins.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { expect, test } from 'vitest'
import { openerFor, sealingOf } from '../../../src/cli/backup-encryption.ts'
import { temporaryDirectory } from '../../support/data/database.ts'

async function files() {
  const directory = temporaryDirectory()
  const identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  const write = (name: string, text: string, mode = 0o600): string => {
    const path = join(directory, name)
    writeFileSync(path, text)
    chmodSync(path, mode)
    return path
  }
  const [key, words] = [write('key', `# made by hand\n${identity}\n`), write('words', 'correct horse\n')]
  return { directory, identity, recipient, write, key, words }
}

test('keys or a passphrase, or neither', async () => {
  const { recipient, words } = await files()
  expect(await sealingOf({})).toBeUndefined()
  expect(await sealingOf({ to: [recipient] })).toEqual({ recipients: [recipient] })
  expect(await sealingOf({ 'passphrase-file': words })).toEqual({ passphrase: Buffer.from('correct horse') })
  for (const more of [{ passphrase: true as const }, { 'passphrase-file': words }])
    await expect(sealingOf({ to: [recipient], ...more })).rejects.toMatchObject({ code: 'bad_request' })
})

test('a short passphrase, and one or a key that others may read, is refused', async () => {
  const { write, key } = await files()
  await expect(sealingOf({ 'passphrase-file': write('short', 'seven77') })).rejects.toMatchObject({
    code: 'bad_request',
  })
  const open = write('open', 'correct horse', 0o604)
  await expect(sealingOf({ 'passphrase-file': open })).rejects.toMatchObject({ code: 'bad_file' })
  const backup = write('backup', 'age-encryption.org/v1\n-> X25519 x\n\n--- x\n')
  chmodSync(key, 0o644)
  await expect(openerFor(backup, { 'identity-file': key })).rejects.toMatchObject({
    code: 'bad_file',
    hint: expect.stringContaining('chmod 600'),
  })
})

test('what opens a backup fits how it was made, and is asked for only where it is needed', async () => {
  const { directory, write, key, words, identity } = await files()
  const forKey = write('for-key', 'age-encryption.org/v1\n-> X25519 x\n\n--- x\n')
  const withWords = write('with-words', 'age-encryption.org/v1\n-> scrypt x 18\n\n--- x\n')
  expect(await openerFor(forKey, { 'identity-file': key })).toEqual({ identities: [identity] })
  expect(await openerFor(withWords, { 'passphrase-file': words })).toEqual({
    passphrase: Buffer.from('correct horse'),
  })
  expect(await openerFor(write('plain', 'karo-backup.json'), {})).toBeUndefined()
  expect(await openerFor(join(directory, 'missing'), {})).toBeUndefined()
  const wrong = { code: 'bad_request' }
  await expect(openerFor(forKey, { 'passphrase-file': words })).rejects.toMatchObject(wrong)
  await expect(openerFor(withWords, { 'identity-file': key })).rejects.toMatchObject(wrong)
  await expect(openerFor(forKey, { 'identity-file': key, 'passphrase-file': words })).rejects.toMatchObject(
    wrong,
  )
})

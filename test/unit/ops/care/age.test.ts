// Encrypted backups: what is sealed comes out again, nothing that was changed does, and the program `age` agrees.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient, Stanza } from 'age-encryption'
import { pipe } from 'it-pipe'
import { expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { noFaults } from '../../../../src/base/run/faults.ts'
import { homePaths } from '../../../../src/config/paths.ts'
import {
  checkRecipients,
  createSeal,
  encryptionOf,
  identitiesIn,
  MOST_RECIPIENTS,
  type Opener,
  type Sealing,
  unsealed,
} from '../../../../src/ops/care/age.ts'
import { passphraseIdentity } from '../../../../src/ops/care/age-passphrase.ts'
import { openArchive } from '../../../../src/ops/care/archive.ts'
import { restoreNode } from '../../../../src/ops/care/restore.ts'
import { madeBackup } from '../../../support/data/backup.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'
import fc, { forAllAsyncIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'

const CHUNK = 64 * 1024 + 16
const hasAge = spawnSync('age', ['--version']).status === 0

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function all(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const piece of pieces) parts.push(piece)
  return Buffer.concat(parts)
}

const sealed = async (bytes: Uint8Array, to: Sealing): Promise<Buffer> =>
  all(pipe(inPieces(bytes, 1_000_000), (await createSeal(to)).sealed))
const opened = (bytes: Uint8Array, opener: Opener): Promise<Buffer> =>
  all(pipe(inPieces(bytes, 1_000_000), unsealed(opener, 'file')))

async function keyPair(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateX25519Identity()
  return { identity, recipient: await identityToRecipient(identity) }
}

/** A backup, encrypted for one key. */
async function sealedBackup(): Promise<{ directory: string; file: string; bytes: Buffer; opener: Opener }> {
  const directory = temporaryDirectory()
  const { identity, recipient } = await keyPair()
  const plain = readFileSync(await madeBackup(directory, 1_795_000_000_000))
  const bytes = await sealed(plain, { recipients: [recipient] })
  const file = join(directory, 'karo.tar.age')
  writeFileSync(file, bytes)
  return { directory, file, bytes, opener: { identities: [identity] } }
}

/** Sealed under a passphrase, once for all tests: to stretch one takes a second of processor time. */
let madeUnderPassphrase: Promise<Buffer> | undefined
const underPassphrase = (): Promise<Buffer> =>
  (madeUnderPassphrase ??= sealed(Buffer.from('content'), { passphrase: Buffer.from('correct horse') }))

/** Where the chunks of an age file begin: behind the header and 16 bytes. */
const payloadOf = (file: Buffer): number => file.indexOf('\n', file.indexOf('\n--- ') + 1) + 1 + 16

/** Lengths with which a chunk ends, or another begins. */
const AT_CHUNKS = [0, 1, 65_535, 65_536, 65_537, 131_072]

test('any bytes in any pieces come out as they went in, for each of the recipients and for who sealed them', async () => {
  const pairs = await Promise.all([keyPair(), keyPair()])
  const recipients = pairs.map(({ recipient }) => recipient)
  await forAllAsyncIn(
    { examples: AT_CHUNKS.map((length) => [length, 20_000]), numRuns: AT_CHUNKS.length + times(3, 50) },
    fc.nat(140_000),
    fc.integer({ min: 1, max: 200_000 }),
    async (length, piece) => {
      const plain = Buffer.alloc(length, 'the content of a backup ')
      const made = await createSeal({ recipients })
      const bytes = await all(pipe(inPieces(plain, piece + 700), made.sealed))
      const openers: Opener[] = [made.opener, ...pairs.map(({ identity }) => ({ identities: [identity] }))]
      for (const opener of openers)
        expect((await all(pipe(inPieces(bytes, piece + 700), unsealed(opener, 'file')))).equals(plain)).toBe(
          true,
        )
    },
  )
})

test('nothing of the content can be read, and another key or passphrase opens nothing', async () => {
  const { file, bytes, directory } = await sealedBackup()
  expect(bytes.includes('karo-backup.json')).toBe(false)
  const other = { identities: [(await keyPair()).identity] }
  await expect(openArchive(file, { opener: other })).rejects.toMatchObject({ code: 'unauthorized' })
  // Stretched as little as the format lets it be; what is written here is stretched more.
  const encrypter = new Encrypter()
  encrypter.setScryptWorkFactor(4)
  encrypter.setPassphrase('correct horse')
  const withWords = await encrypter.encrypt('content')
  await expect(opened(withWords, { passphrase: Buffer.from('wrong horse') })).rejects.toMatchObject({
    code: 'unauthorized',
  })
  expect(`${await opened(withWords, { passphrase: Buffer.from('correct horse') })}`).toBe('content')
  await expect(openArchive(file)).rejects.toMatchObject({ code: 'bad_request' })
  const plain = join(directory, 'karo.tar')
  await expect(openArchive(plain, { opener: other })).rejects.toMatchObject({ code: 'bad_request' })
})

test('what was cut, turned, moved or added to is refused, and nothing is restored', async () => {
  const { directory, file, bytes, opener } = await sealedBackup()
  const random = (below: number): number => Buffer.from(systemRandom.bytes(4)).readUInt32BE() % below
  const harmed: Buffer[] = [Buffer.concat([bytes, Buffer.of(0)]), Buffer.concat([bytes, bytes])]
  const payload = payloadOf(bytes)
  for (const at of [
    0,
    1,
    payload - 16,
    payload,
    bytes.length - 1,
    ...Array.from({ length: 12 }, () => random(bytes.length)),
  ]) {
    const turned = Buffer.from(bytes)
    turned[at] = turned[at]! ^ (1 << random(8))
    harmed.push(turned, bytes.subarray(0, at))
  }
  const home = join(directory, 'home')
  for (const one of harmed) {
    writeFileSync(file, one)
    const error: unknown = await restoreNode({
      file,
      opener,
      paths: homePaths({ KARO_HOME: home }),
      replace: false,
      now: 0,
      faults: noFaults,
    }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(KaroError)
    // A turned bit of the first line makes it a file of another kind; one of a stanza, a file for another key.
    expect(['bad_file', 'unauthorized', 'bad_request']).toContain((error as KaroError).code)
    expect(existsSync(home)).toBe(false)
  }
})

test('chunks that change places or end at a chunk are noticed', async () => {
  const { identity, recipient } = await keyPair()
  const bytes = await sealed(Buffer.alloc(200_000, 'x'), { recipients: [recipient] })
  const first = payloadOf(bytes)
  const [head, one, two, rest] = [
    bytes.subarray(0, first),
    bytes.subarray(first, first + CHUNK),
    bytes.subarray(first + CHUNK, first + 2 * CHUNK),
    bytes.subarray(first + 2 * CHUNK),
  ]
  for (const parts of [
    [head, two, one, rest],
    [head, one, two],
    [head, one, rest],
    [head, one, one, two, rest],
  ]) {
    const refused = opened(Buffer.concat(parts), { identities: [identity] })
    await expect(refused).rejects.toMatchObject({
      code: 'bad_file',
      message: expect.stringContaining('damaged'),
    })
  }
})

test('a slow reader holds the writer up, so that a large backup needs no more memory than a small one', async () => {
  const { recipient } = await keyPair()
  const piece = Buffer.alloc(1024 * 1024)
  let given = 0
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    for (let i = 0; i < 12; i++) {
      given += piece.length
      yield piece
    }
  }
  const { sealed, opener } = await createSeal({ recipients: [recipient] })
  let taken = 0
  let ahead = 0
  for await (const chunk of pipe(endless(), sealed, unsealed(opener, 'file'))) {
    taken += chunk.length
    ahead = Math.max(ahead, given - taken)
  }
  expect(taken).toBe(12 * piece.length)
  expect(ahead).toBeLessThan(8 * piece.length)
})

test('what is encrypted is told from its first bytes, and a header without end is not read on', async () => {
  const directory = temporaryDirectory()
  const kindOf = async (bytes: Uint8Array | string) => {
    const path = join(directory, 'file')
    writeFileSync(path, bytes)
    const file = await open(path)
    try {
      return await encryptionOf(file, path)
    } finally {
      await file.close()
    }
  }
  const { recipient } = await keyPair()
  expect(await kindOf(await sealed(Buffer.of(1), { recipients: [recipient] }))).toBe('recipients')
  expect(await kindOf(await underPassphrase())).toBe('passphrase')
  expect(await kindOf('karo-backup.json')).toBe('none')
  expect(await kindOf('')).toBe('none')
  const most = Array<string>(MOST_RECIPIENTS).fill(recipient)
  expect(await kindOf(await sealed(Buffer.of(1), { recipients: most }))).toBe('recipients')
  const endless = `age-encryption.org/v1\n-> X25519 ${'A'.repeat(600_000)}\n--- A\n`
  await expect(kindOf(endless)).rejects.toMatchObject({ code: 'bad_file' })
  const text = '-----BEGIN AGE ENCRYPTED FILE-----\n'
  await expect(kindOf(text)).rejects.toMatchObject({
    code: 'bad_file',
    hint: expect.stringContaining('age --decrypt'),
  })
})

test('a passphrase opens what another program of the format sealed, and the other way round', async () => {
  const encrypter = new Encrypter()
  encrypter.setScryptWorkFactor(4)
  encrypter.setPassphrase('pÿ horse')
  const theirs = await encrypter.encrypt('content')
  expect(`${await opened(theirs, { passphrase: Buffer.from('pÿ horse') })}`).toBe('content')
  const ours = await underPassphrase()
  const decrypter = new Decrypter()
  decrypter.addPassphrase('correct horse')
  expect(await decrypter.decrypt(ours, 'text')).toBe('content')
  // What the format's own program gives to stretching, and no less.
  expect(ours.toString('latin1')).toMatch(/^-> scrypt [A-Za-z0-9+/]{22} 18$/m)
})

test('a passphrase opens no file that somebody else can open too, though all of it is sealed', async () => {
  const passphrase = Buffer.from('correct horse')
  const { identity, recipient } = await keyPair()
  const encrypter = new Encrypter()
  // That it is there is enough, so nothing is stretched for it.
  const stanza = new Stanza(['scrypt', 'A'.repeat(22), '4'], Buffer.alloc(32))
  encrypter.addRecipient({ wrapFileKey: async () => [stanza] })
  encrypter.addRecipient(recipient)
  const both = await encrypter.encrypt('content')
  expect(`${await opened(both, { identities: [identity] })}`).toBe('content')
  await expect(opened(both, { passphrase })).rejects.toMatchObject({ code: 'bad_file' })
})

test('the stanza of a passphrase is taken in one spelling only', async () => {
  const salt = 'A'.repeat(22)
  for (const args of [
    ['scrypt', salt, '04'],
    ['scrypt', salt, '4', '4'],
    ['scrypt', salt],
    ['scrypt', `${salt}==`, '4'],
    ['scrypt', `${salt.slice(1)}B`, '4'],
  ]) {
    const found = passphraseIdentity(Buffer.from('x')).unwrapFileKey([new Stanza(args, Buffer.alloc(32))])
    await expect(found).rejects.toThrow('invalid scrypt stanza')
  }
})

test('a passphrase that asks for more memory than there should be is refused before it is tried', async () => {
  const bytes = await underPassphrase()
  const dear = Buffer.from(bytes.toString('latin1').replace(/^(-> scrypt \S+) 18$/m, '$1 30'), 'latin1')
  const refused = opened(dear, { passphrase: Buffer.from('correct horse') })
  await expect(refused).rejects.toMatchObject({
    code: 'bad_file',
    message: expect.stringContaining('memory'),
  })
})

test('recipients and secret keys are checked, and no error repeats them', async () => {
  const refusalOf = async (asked: Promise<unknown>) => {
    const { code, message, hint, where } = (await asked.catch((reason: unknown) => reason)) as KaroError
    return { code, said: JSON.stringify([message, hint, where]) }
  }
  const { identity, recipient } = await keyPair()
  await checkRecipients([recipient], '--to')
  expect(await identitiesIn(`# created\n\n${identity}\r\n`, 'key')).toEqual([identity])
  const wrong = ['', 'age1', recipient.slice(0, -1), 'ssh-ed25519 AAAA']
  for (const text of [identity, identity.toLowerCase(), ...wrong]) {
    const { code, said } = await refusalOf(checkRecipients([text], '--to'))
    expect(code).toBe('bad_request')
    if (text.length > 5) expect(said).not.toContain(text.slice(5))
  }
  await expect(checkRecipients(Array(MOST_RECIPIENTS + 1).fill(recipient), '--to')).rejects.toThrow('at most')
  const others = [identity.slice(0, -1), `${identity}\nAGE-PLUGIN-YUBIKEY-1QQ`]
  for (const text of ['', '# nothing\n', recipient, ...others]) {
    const { code, said } = await refusalOf(identitiesIn(text, 'key'))
    expect(code).toBe('bad_file')
    expect(said).not.toContain(identity.slice(18, 40))
  }
})

test.runIf(hasAge)('the program age opens what is sealed here, and what it seals is restored', async () => {
  const { directory, file, bytes } = await sealedBackup()
  const keys = join(directory, 'key.txt')
  expect(spawnSync('age-keygen', ['-o', keys]).status).toBe(0)
  const recipient = spawnSync('age-keygen', ['-y', keys], { encoding: 'utf8' }).stdout.trim()
  const plain = readFileSync(join(directory, 'karo.tar'))
  for (const length of [0, 65_536, 200_000]) {
    const content = Buffer.alloc(length, 'c')
    const input = await sealed(content, { recipients: [(await keyPair()).recipient, recipient] })
    const age = spawnSync('age', ['--decrypt', '--identity', keys], { input })
    expect([age.status, age.stdout.equals(content)]).toEqual([0, true])
  }
  expect(spawnSync('age', ['--decrypt', '--identity', keys], { input: bytes }).status).not.toBe(0)
  const made = spawnSync('age', ['--recipient', recipient, '--output', `${file}.2`], { input: plain })
  expect(made.status).toBe(0)
  const opener = { identities: await identitiesIn(readFileSync(keys, 'utf8'), keys) }
  const home = join(directory, 'home')
  mkdirSync(home)
  const restored = await restoreNode({
    file: `${file}.2`,
    opener,
    paths: homePaths({ KARO_HOME: home }),
    replace: false,
    now: 0,
    faults: noFaults,
  })
  expect(restored).toMatchObject({ encryption: 'recipients', head: { name: 'source' } })
})

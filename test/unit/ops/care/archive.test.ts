// A file whose sums are right and whose content is not what a backup's is: refused as a file, never as a fault of the program.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipe } from 'it-pipe'
import { expect, test } from 'vitest'
import { KaroError } from '../../../../src/base/errors.ts'
import { blake3 } from '../../../../src/base/hash.ts'
import { TAR_BLOCK, tarHeader } from '../../../../src/base/tar.ts'
import { archived, openArchive } from '../../../../src/ops/care/archive.ts'
import { temporaryDirectory } from '../../../support/data/database.ts'

const sumOf = (bytes: Uint8Array): string => Buffer.from(blake3([bytes])).toString('hex')
const HEAD = {
  format: 1,
  karo_version: '0.1.0',
  schema: 1,
  node_id: 'karo:ed25519:x',
  name: 'node',
  created_at: '2026-11-20T12:00:00.000Z',
  key: false,
}

/** What anybody can make: entries as they like, and the right sum of the list unless `wrong` says otherwise. */
function made(
  head: string,
  listOf: (honest: object[]) => string,
  wrong: { readonly sum?: string; readonly behind?: string } = {},
): string {
  const parts: Buffer[] = []
  const add = (path: string, text: string): Buffer => {
    const bytes = Buffer.from(text)
    parts.push(tarHeader({ path, mode: 0o600, size: bytes.length, seconds: 1_795_000_000 }), bytes)
    parts.push(Buffer.alloc(-bytes.length & (TAR_BLOCK - 1)))
    return bytes
  }
  const first = add('karo-backup.json', head)
  const list = add(
    'manifest.json',
    listOf([{ path: 'karo-backup.json', size: first.length, blake3: sumOf(first) }]),
  )
  add('manifest.blake3', wrong.sum ?? `${sumOf(list)}\n`)
  if (wrong.behind !== undefined) add(wrong.behind, 'x')
  const file = join(temporaryDirectory(), 'made.tar')
  writeFileSync(file, Buffer.concat([...parts, Buffer.alloc(2 * TAR_BLOCK)]))
  return file
}
const honest = (files: object[]): string => JSON.stringify({ files })

test('such a file can be made, for it bears no signature', async () => {
  const archive = await openArchive(made(JSON.stringify(HEAD), honest))
  expect(archive.head).toEqual(HEAD)
  await archive.close()
})

test.each([
  [{ sum: `${'0'.repeat(64)}\n` }, 'its list is not what was written'],
  [{ behind: 'karo-backup.json' }, 'there is something behind its end'],
])('a backup that was changed: %j', async (wrong, message) => {
  const refused = openArchive(made(JSON.stringify(HEAD), honest, wrong))
  await expect(refused).rejects.toMatchObject({ code: 'bad_file', message: expect.stringContaining(message) })
})

test.each([
  '',
  '{',
  'null',
  '7',
  '{}',
  '{"files":null}',
  '{"files":{}}',
  '{"files":[null]}',
  '{"files":[7]}',
])('the list %s', async (list) => {
  const file = made(JSON.stringify(HEAD), () => list)
  const refused = openArchive(file)
  await expect(refused).rejects.toBeInstanceOf(KaroError)
  await expect(refused).rejects.toMatchObject({ code: 'bad_file', where: expect.stringContaining(file) })
})

test.each([
  'null',
  '[]',
  '{}',
  ...Object.keys(HEAD).map((name) => JSON.stringify({ ...HEAD, [name]: undefined })),
  JSON.stringify({ ...HEAD, schema: '1' }),
  JSON.stringify({ ...HEAD, schema: 1.5 }),
  JSON.stringify({ ...HEAD, format: '2' }),
  JSON.stringify({ ...HEAD, name: { toString: 1 } }),
  JSON.stringify({ ...HEAD, name: 'x'.repeat(1_000) }),
  JSON.stringify({ ...HEAD, created_at: '\u001b[2J' }),
  JSON.stringify({ ...HEAD, format: 2, karo_version: {} }),
])('the head %s', async (head) => {
  const refused = openArchive(made(head, honest))
  await expect(refused).rejects.toBeInstanceOf(KaroError)
  await expect(refused).rejects.toMatchObject({ code: 'bad_file' })
})

test.each([
  ['an empty file', Buffer.alloc(0), 'this is not a karo backup: it is empty'],
  ['a short text', Buffer.from('x\n'), 'this is not a karo backup'],
  ['zeros', Buffer.alloc(10_240), 'this is not a karo backup'],
])('%s is not called a damaged backup', async (_, bytes, message) => {
  const file = join(temporaryDirectory(), 'other')
  writeFileSync(file, bytes)
  await expect(openArchive(file)).rejects.toMatchObject({ code: 'bad_file', message, where: file })
})

test('a backup that is cut within its first block is a damaged one', async () => {
  const file = join(temporaryDirectory(), 'cut')
  writeFileSync(file, 'karo-backup.json\0\0\0')
  await expect(openArchive(file)).rejects.toMatchObject({
    code: 'bad_file',
    message: 'the backup is damaged: it ends too early',
  })
})

test.each([1, 3])(
  'a file of two pieces in whose place there are %d while it is read is refused',
  async (count) => {
    const { format: _, key: __, ...head } = HEAD
    async function* rows(pieces: number): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < pieces; i++) yield Buffer.from(`piece ${i}`)
    }
    const tar = async (pieces: number): Promise<Buffer> => {
      const parts: Uint8Array[] = []
      const content = { head, now: 1_795_000_000_000, key: undefined, config: undefined }
      for await (const part of pipe(rows(pieces), archived(content))) parts.push(part)
      return Buffer.concat(parts)
    }
    const file = join(temporaryDirectory(), 'made.tar')
    writeFileSync(file, await tar(2))
    const archive = await openArchive(file)
    writeFileSync(file, await tar(count))
    const readAgain = async (): Promise<number> => {
      let pieces = 0
      for await (const _piece of archive.rows()) pieces++
      return pieces
    }
    await expect(readAgain()).rejects.toMatchObject({ code: 'bad_file' })
    await archive.close()
  },
)

test('a directory and a pipe are no backups, and nobody waits for a writer', async () => {
  const pipe = join(temporaryDirectory(), 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const path of [temporaryDirectory(), pipe])
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'bad_file', where: path })
})

// Content of artifacts on its way: from a file to the daemon, from the daemon to a file, and from another machine to this one.
import { rebuildError } from '../../api/contract/client/client.ts'
import * as api from '../../api/contract/operations/agents/artifacts.ts'
import { LINK_PREFIX } from '../../api/contract/shapes.ts'
import { createHasher } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import { textFrom } from '../input/text-from.ts'
import { bytes, type CommandIo, KaroError } from '../kit.ts'
import { watchInterrupt } from '../terminal/interrupt.ts'
import { createLiveLine } from '../terminal/live-line.ts'

/** As many digits of an id as people see. */
export const ID_DIGITS = 12
const IDLE_MS = 60_000
const LINK_CHARS = 1_024

/** Sends it in parts, and has the daemon compare the hash of the whole. */
export async function send(
  io: CommandIo,
  body: {
    readonly name: string
    readonly media_type: string | undefined
    readonly expires_at: string | undefined
    readonly size: number | undefined
  },
  stream: AsyncIterable<unknown>,
) {
  const { key, part_bytes } = await io.call(api.beginArtifact, { body })
  using line = createLiveLine(io)
  const hasher = createHasher()
  let hash: string
  let at = 0
  try {
    for await (const part of partsOf(stream, part_bytes)) {
      hasher.add(part)
      const sent = { key, at, bytes: part.toString('base64url') }
      at = (await io.call(api.addArtifactPart, { body: sent })).received
      line.show(`${bytes(at)} stored`)
    }
  } finally {
    hash = toHex(hasher.end())
  }
  return io.call(api.finishArtifact, { body: { key, id: hash } })
}

/** The stream in parts of `size` bytes, the last one shorter. */
async function* partsOf(stream: AsyncIterable<unknown>, size: number): AsyncGenerator<Buffer, void> {
  let rest: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    rest.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length < size) continue
    let whole = Buffer.concat(rest)
    for (; whole.length >= size; whole = whole.subarray(size)) yield whole.subarray(0, size)
    rest = [whole]
    length = whole.length
  }
  if (length > 0) yield Buffer.concat(rest)
}

/** Throws KaroError `bad_file` for content that is not what the id says. */
export async function copy(io: CommandIo, id: string, write: (chunk: Uint8Array) => void): Promise<void> {
  const hasher = createHasher()
  let hash: string
  try {
    const query = { id }
    const content = io.daemon.bytes(api.readArtifact, 'application/octet-stream', {
      query,
      idleMs: IDLE_MS,
    })
    for await (const chunk of content) {
      hasher.add(chunk)
      write(chunk)
    }
  } finally {
    hash = toHex(hasher.end())
  }
  if (hash !== id)
    throw new KaroError('bad_file', `the content of ${id.slice(0, ID_DIGITS)} arrived incomplete`, {
      hint: 'A piece of it is missing or damaged in the database. Put the file there again.',
    })
}

/** What is meant by a word: an artifact of here, one of another machine, or a link. `-`: the link is on standard input. */
export async function wantedBy(word: string, at: string | undefined) {
  const text = word === '-' ? (await textFrom('-', LINK_CHARS)).trim() : word
  if (!text.startsWith(LINK_PREFIX)) {
    if (word === '-')
      throw new KaroError('bad_request', 'standard input has no link to an artifact', {
        hint: `A link is one line that begins with ${LINK_PREFIX}`,
      })
    return at === undefined ? undefined : { id: text, at }
  }
  if (at !== undefined)
    throw new KaroError('bad_request', 'a link already contains its machine', { hint: 'Leave out --at.' })
  return { link: text }
}

/** Has the daemon fetch it from another machine, and returns its id here. */
export async function fetchHere(
  io: CommandIo,
  body: { readonly link: string } | { readonly id: string; readonly at: string },
): Promise<string> {
  using line = createLiveLine(io)
  using interrupt = watchInterrupt()
  const { signal } = interrupt
  try {
    for await (const told of io.daemon.lines(api.fetchArtifact, { body, signal })) {
      if (told.error !== undefined) throw rebuildError(told)
      if (told.artifact !== null) return told.artifact.id
      line.show(`${bytes(told.received)} of ${bytes(told.size)}`)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    throw new KaroError('unavailable', 'the transfer was interrupted before the artifact was complete', {
      hint: 'The received part is kept for a day: run the same command again to continue.',
    })
  }
  throw new KaroError('unavailable', 'the artifact was not received completely', {
    hint: 'The received part is kept for a day: run the same command again to continue. karo logs shows why the transfer stopped.',
  })
}

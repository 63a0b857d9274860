// karo artifact: files that a person or their agents keep on this node, found by the hash of their content.
import { basename } from 'node:path'
import { daemonAt } from '../../../api/contract/client/socket.ts'
import {
  addArtifactPart,
  beginArtifact,
  finishArtifact,
  getArtifacts,
  readArtifact,
  removeArtifact,
  showArtifact,
} from '../../../api/contract/operations/agents/artifacts.ts'
import { MEDIA_TYPE } from '../../../api/contract/shapes.ts'
import { EXIT, KaroError } from '../../../base/errors.ts'
import { bytes, printable } from '../../../base/format.ts'
import { createHasher } from '../../../base/hash.ts'
import { toHex } from '../../../base/hex.ts'
import { screened } from '../../../base/printable.ts'
import { type Command, type CommandIo, defineCommand, show } from '../../command.ts'
import { openRegular } from '../../input/regular-file.ts'
import { parseDuration, rfc3339 } from '../../input/time.ts'
import { checkText, given } from '../../input/values.ts'
import { createOutput } from '../../output-file.ts'
import { createLiveLine } from '../../terminal/live-line.ts'
import { artifactsView, artifactView, ID_DIGITS } from '../../views/agents/artifacts.ts'

const IDLE_MS = 60_000
const ID = {
  name: 'id',
  required: true,
  description: 'its id, or at least 6 digits of the beginning, see karo artifact list',
} as const

const put = defineCommand({
  name: 'artifact put',
  summary: 'store a file, or standard input; the same content is stored once',
  shows: finishArtifact,
  args: [{ name: 'file', required: true, description: 'the file; - for standard input', completes: 'file' }],
  options: [
    { name: 'name', value: 'name', description: 'another name for it (default: that of the file)' },
    {
      name: 'type',
      value: 'media-type',
      description: 'such as text/plain (default: application/octet-stream)',
    },
    { name: 'ttl', value: 'duration', description: 'removes it after that time (default: never)' },
  ],
  examples: [
    { run: 'karo artifact put report.pdf --ttl 30d', does: 'prints its id' },
    { run: 'make 2>&1 | karo artifact put - --name build.log', does: 'keeps what a command prints' },
  ],
  async run(io, { args, options }) {
    const isInput = args.file === '-'
    const expires_at = given(options.ttl, (text) =>
      rfc3339(Date.now() + parseDuration(text, '--ttl'), '--ttl'),
    )
    const name = checkText(options.name ?? (isInput ? 'standard-input' : basename(args.file)), '--name', 256)
    if (options.type !== undefined && !MEDIA_TYPE.test(options.type))
      throw new KaroError(
        'bad_request',
        `'${options.type.slice(0, 80)}' is no media type such as text/plain`,
        {
          where: '--type',
        },
      )
    const body = {
      name,
      ...(options.type !== undefined && { media_type: options.type }),
      ...(expires_at !== undefined && { expires_at }),
    }
    const file = isInput ? undefined : await openRegular(args.file)
    try {
      const made = await send(io, body, file?.createReadStream({ autoClose: false }) ?? process.stdin)
      return show(io, made, ({ id, size, known }) =>
        known
          ? `${id.slice(0, ID_DIGITS)}  this content was here already\n`
          : `${id.slice(0, ID_DIGITS)}  ${printable(name)}, ${bytes(size)}\n`,
      )
    } finally {
      await file?.close()
    }
  },
})

/** Sends it in parts, and has the daemon compare the hash of the whole. */
async function send(
  io: CommandIo,
  body: { readonly name: string; readonly media_type?: string; readonly expires_at?: string },
  stream: AsyncIterable<unknown>,
) {
  const { key, part_bytes } = await daemonAt(io).call(beginArtifact, { body })
  const line = createLiveLine(io)
  const hasher = createHasher()
  let hash: string
  let at = 0
  try {
    for await (const part of partsOf(stream, part_bytes)) {
      hasher.add(part)
      const sent = { key, at, bytes: part.toString('base64url') }
      at = (await daemonAt(io).call(addArtifactPart, { body: sent })).received
      line.show(`${bytes(at)} stored`)
    }
  } finally {
    hash = toHex(hasher.end())
    line.end()
  }
  return daemonAt(io).call(finishArtifact, { body: { key, id: hash } })
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

const get = defineCommand({
  name: 'artifact get',
  summary: 'write the content of an artifact to a file or to standard output, compared with its id',
  args: [ID],
  options: [
    {
      name: 'output',
      short: 'o',
      value: 'file',
      description: 'where to; it must not exist yet (default: standard output)',
      completes: 'file',
    },
  ],
  examples: [
    { run: 'karo artifact get 4f1d2a0c9b33 -o report.pdf', does: 'the file appears complete or not at all' },
  ],
  async run(io, { args, options }) {
    const { id, size, preview } = await daemonAt(io).call(showArtifact, { query: { id: args.id } })
    const onScreen = options.output === undefined && io.terminal
    if (onScreen && preview === null)
      throw new KaroError(
        'bad_request',
        `${id.slice(0, ID_DIGITS)} is no text, which a terminal cannot show`,
        {
          where: '-o',
          hint: `Write it to a file: karo artifact get ${id.slice(0, ID_DIGITS)} -o FILE`,
        },
      )
    const output = options.output === undefined ? undefined : createOutput(options.output)
    try {
      const decoder = new TextDecoder()
      await copy(io, id, (chunk) => {
        if (output !== undefined) output.write(chunk)
        else if (onScreen) io.out(harmless(decoder.decode(chunk, { stream: true })))
        else io.out(chunk)
      })
      if (onScreen) io.out(harmless(decoder.decode()))
      output?.finish()
      if (output !== undefined && io.json) io.out(`${JSON.stringify({ id, size, file: options.output })}\n`)
      else if (output !== undefined) io.out(`${printable(options.output ?? '')} has ${bytes(size)}.\n`)
      return EXIT.done
    } finally {
      output?.discard()
    }
  },
})

/** Text of others has no colours, and redraws nothing. */
const harmless = (text: string): string => screened(text, { colour: false, redraws: false })

/** Throws KaroError `bad_file` for content that is not what the id says. */
async function copy(io: CommandIo, id: string, write: (chunk: Uint8Array) => void): Promise<void> {
  const hasher = createHasher()
  let hash: string
  try {
    const query = { id }
    const content = daemonAt(io).bytes(readArtifact, 'application/octet-stream', { query, idleMs: IDLE_MS })
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

const list = defineCommand({
  name: 'artifact list',
  summary: 'list your files here, and large results of your agents; the newest first',
  shows: getArtifacts,
  examples: [{ run: 'karo artifact list', does: 'each with its id' }],
  run: async (io) => show(io, await daemonAt(io).call(getArtifacts), artifactsView),
})

const showOne = defineCommand({
  name: 'artifact show',
  summary: 'show what an artifact is, and its beginning if it is text',
  shows: showArtifact,
  args: [ID],
  examples: [{ run: 'karo artifact show 4f1d2a0c9b33', does: 'shows the first 2000 characters' }],
  run: async (io, { args }) =>
    show(io, await daemonAt(io).call(showArtifact, { query: { id: args.id } }), artifactView),
})

const remove = defineCommand({
  name: 'artifact remove',
  summary: 'remove an artifact',
  shows: removeArtifact,
  args: [ID],
  examples: [
    {
      run: 'karo artifact remove 4f1d2a0c9b33',
      does: 'removes it, with the parts that no other artifact shares',
    },
  ],
  run: async (io, { args }) =>
    show(
      io,
      await daemonAt(io).call(removeArtifact, { body: { id: args.id } }),
      ({ name }) => `Removed ${printable(name)}.\n`,
    ),
})

export const commands: readonly Command[] = [put, get, list, showOne, remove]

// karo artifact: files that a person or their agents keep on this node, found by the hash of their content.
import { basename } from 'node:path'
import {
  finishArtifact,
  getArtifacts,
  removeArtifact,
  showArtifact,
} from '../../../api/contract/operations/agents/artifacts.ts'
import { MEDIA_TYPE } from '../../../api/contract/shapes.ts'
import { bytes, printable } from '../../../base/format.ts'
import { screened } from '../../../base/printable.ts'
import { ARTIFACT, sharingCommands } from '../../artifacts/sharing.ts'
import { copy, fetchHere, send, wantedBy } from '../../artifacts/transfer.ts'
import { defineCommand, show } from '../../command.ts'
import { AT } from '../../input/at.ts'
import { openRegular } from '../../input/regular-file.ts'
import { parseDuration, rfc3339 } from '../../input/time.ts'
import { given } from '../../input/values.ts'
import { createOutput } from '../../output-file.ts'
import { usage } from '../../usage.ts'
import { artifactsView, artifactView, ID_DIGITS } from '../../views/agents/artifacts.ts'

const put = defineCommand('artifact put', {
  summary: 'store a file, or standard input; the same content is stored once',
  shows: finishArtifact,
  args: { file: { description: 'the file; - for standard input', completes: 'file' } },
  options: {
    name: { value: 'name', description: 'another name for it (default: that of the file)' },
    type: {
      value: 'media-type',
      description: 'such as text/plain (default: application/octet-stream)',
    },
    ttl: { value: 'duration', description: 'remove it after this time (default: never)' },
  },
  examples: {
    'karo artifact put report.pdf --ttl 30d': 'prints its id',
    'make 2>&1 | karo artifact put - --name build.log': 'keeps what a command prints',
  },
  async run(io, { args, options }) {
    const isInput = args.file === '-'
    const expires_at = given(options.ttl, (text) =>
      rfc3339(Date.now() + parseDuration(text, '--ttl'), '--ttl'),
    )
    const name = options.name ?? (isInput ? 'standard-input' : basename(args.file))
    if (options.type !== undefined && !MEDIA_TYPE.test(options.type))
      throw usage(`'${options.type.slice(0, 80)}' is not a media type such as text/plain`, '--type')
    const body = { name, media_type: options.type, expires_at }
    await using file = isInput ? undefined : await openRegular(args.file)
    const made = await send(io, body, file?.createReadStream({ autoClose: false }) ?? process.stdin)
    return show(io, made, ({ id, size, known }) =>
      known
        ? `${id.slice(0, ID_DIGITS)}  is stored already\n`
        : `${id.slice(0, ID_DIGITS)}  ${printable(name)}, ${bytes(size)}\n`,
    )
  },
})

const get = defineCommand('artifact get', {
  summary:
    'write the content of an artifact to a file or to standard output, after checking it against its id',
  args: {
    id: {
      ...ARTIFACT,
      description: `${ARTIFACT.description}; a link to one; - for a link on standard input`,
    },
  },
  options: {
    at: { ...AT, description: 'first fetch it from this member (see karo peers), and keep it here' },
    output: {
      short: 'o',
      value: 'file',
      description: 'where to; it must not exist yet (default: standard output)',
      completes: 'file',
    },
  },
  examples: {
    'karo artifact get 4f1d2a0c9b33 -o report.pdf': 'the file appears complete or not at all',
    'karo artifact get 4f1d2a0c9b33 --at build-1 -o report.pdf': 'what that machine shares with you',
    'karo artifact get - -o report.pdf': 'by a link from standard input',
  },
  async run(io, { args, options }) {
    const wanted = await wantedBy(args.id, options.at)
    const which = wanted === undefined ? args.id : await fetchHere(io, wanted)
    const { id, size, preview } = await io.call(showArtifact, { query: { id: which } })
    const onScreen = options.output === undefined && io.terminal
    if (onScreen && preview === null)
      throw usage(
        `${id.slice(0, ID_DIGITS)} is not text, so a terminal cannot show it`,
        '-o',
        `Write it to a file: karo artifact get ${id.slice(0, ID_DIGITS)} -o FILE`,
      )
    using output = options.output === undefined ? undefined : createOutput(options.output)
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
  },
})

/** Text of others has no colours, and redraws nothing. */
const harmless = (text: string): string => screened(text, { colour: false, redraws: false })

const list = defineCommand('artifact list', {
  summary: 'list your artifacts: stored files, and large results of your agents; newest first',
  shows: getArtifacts,
  view: artifactsView,
})

const showOne = defineCommand('artifact show', {
  summary: 'show name, type and size of an artifact, and its beginning as text or bytes',
  shows: showArtifact,
  args: { id: ARTIFACT },
  examples: {
    'karo artifact show 4f1d2a0c9b33': 'shows the first 2000 characters, or 256 bytes',
  },
  view: artifactView,
})

const remove = defineCommand('artifact remove', {
  summary: 'remove an artifact',
  shows: removeArtifact,
  args: { id: ARTIFACT },
  examples: {
    'karo artifact remove 4f1d2a0c9b33': 'removes it, except parts that other artifacts use',
  },
  view: ({ name }) => `Removed ${printable(name)}.\n`,
})

export const commands = [put, get, list, showOne, remove, ...sharingCommands]

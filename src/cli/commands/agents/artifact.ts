// karo artifact: files that a person or their agents keep on this node, found by the hash of their content, and who else may read them.
import { basename } from 'node:path'
import {
  findArtifact,
  finishArtifact,
  getArtifacts,
  getShares,
  removeArtifact,
  shareArtifact,
  showArtifact,
  unshareArtifact,
} from '../../../api/contract/operations/agents/artifacts.ts'
import {
  type ArtifactSharesShape,
  type ArtifactShownShape,
  MEDIA_TYPE,
} from '../../../api/contract/shapes.ts'
import { copy, fetchHere, ID_DIGITS, send, wantedBy } from '../../artifacts/transfer.ts'
import { openRegular } from '../../input/regular-file.ts'
import {
  AT,
  bytes,
  defineCommand,
  endOf,
  facts,
  localTime,
  printable,
  type Screen,
  show,
  table,
  until,
  usage,
} from '../../kit.ts'
import { createOutput, noJson, TO_FILE } from '../../output-file.ts'

const ARTIFACT = {
  description: 'its id, or at least 6 digits of the beginning, see karo artifact list',
  completes: 'artifact:list:id',
} as const

function artifactView(shown: ArtifactShownShape, screen: Screen): string {
  const head = facts(screen, shown.name, {
    id: shown.id,
    size: `${bytes(shown.size)} (${shown.size} bytes)`,
    type: shown.media_type,
    stored: localTime(shown.created_at),
    'kept until': until(shown.expires_at),
    from: shown.source === 'person' ? 'you' : shown.source,
  })
  if (shown.preview === null) return `${head}\n${bytesView(Buffer.from(shown.beginning, 'hex'))}`
  const text = shown.preview.split('\n').map(printable).join('\n')
  return `${head}\n${text}${text.endsWith('\n') ? '' : '\n'}`
}

/** How well-known files begin, in hex digits. */
const BEGINNINGS = {
  '89504e470d0a1a0a': 'a PNG picture',
  ffd8ff: 'a JPEG picture',
  '47494638': 'a GIF picture',
  '25504446': 'a PDF document',
  '504b0304': 'a ZIP archive, or a document in one',
  '1f8b': 'a file compressed by gzip',
  '28b52ffd': 'a file compressed by zstd',
  fd377a585a00: 'a file compressed by xz',
  '7f454c46': 'a program for Linux (ELF)',
  '53514c69746520666f726d61742033': 'an SQLite database',
} as const
const LINE_BYTES = 16

/** As hexdump -C shows it: where, the bytes, and those that are printable characters. */
function bytesView(beginning: Buffer): string {
  const hex = beginning.toString('hex')
  const known = Object.entries(BEGINNINGS).find(([start]) => hex.startsWith(start))
  const lines = Array.from({ length: Math.ceil(beginning.length / LINE_BYTES) }, (_, i) => {
    const part = beginning.subarray(i * LINE_BYTES, (i + 1) * LINE_BYTES)
    const digits = part
      .toString('hex')
      .replace(/../g, '$& ')
      .padEnd(LINE_BYTES * 3)
    const text = Array.from(part, (byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.'))
    return `  ${(i * LINE_BYTES).toString(16).padStart(4, '0')}  ${digits} |${text.join('')}|\n`
  })
  return `This is not text${known ? `: it begins like ${known[1]}` : ''}.\n${lines.join('')}`
}

export function sharesView({ shares }: ArtifactSharesShape, screen: Screen): string {
  return table(
    screen,
    shares,
    {
      SHARE: ({ share }) => share.slice(0, ID_DIGITS),
      ARTIFACT: ({ artifact }) => artifact.slice(0, ID_DIGITS),
      UNTIL: 'ends_at',
      READ: 'reads',
      TOLD: ({ told, left_out }) => (left_out ? 'no room' : told ? 'yes' : 'no'),
      WITH: ({ audience, audience_name }) =>
        audience === null ? 'members with the link' : audience_name || audience,
      NAME: { value: 'name', shrink: true },
    },
    'Nothing is shared. karo artifact share ID  makes a link.\n',
  )
}

const put = defineCommand('artifact put', {
  summary: 'store a file, or standard input; the same content is stored once',
  shows: finishArtifact,
  args: { file: { description: 'the file; - for standard input' } },
  options: {
    name: { value: 'name', description: 'another name for it (default: that of the file)' },
    type: {
      value: 'media-type',
      description: 'such as text/plain (default: application/octet-stream)',
    },
    ttl: { value: 'duration', reads: endOf, description: 'remove it after this time (default: never)' },
  },
  examples: {
    'karo artifact put report.pdf --ttl 30d': 'prints its id',
    'make 2>&1 | karo artifact put - --name build.log': 'keeps what a command prints',
  },
  async run(io, { args, options }) {
    const isInput = args.file === '-'
    const name = options.name ?? (isInput ? 'standard-input' : basename(args.file))
    if (options.type !== undefined && !MEDIA_TYPE.test(options.type))
      throw usage(`'${options.type.slice(0, 80)}' is not a media type such as text/plain`, '--type')
    await using file = isInput ? undefined : await openRegular(args.file)
    const size = (await file?.stat())?.size
    const body = { name, media_type: options.type, expires_at: options.ttl, size }
    const made = await send(io, body, file?.createReadStream({ autoClose: false }) ?? process.stdin)
    // What was stored before keeps its name and its end.
    return show(io, made, ({ id, size, known, name: kept, expires_at: end }) =>
      known
        ? `${id.slice(0, ID_DIGITS)}  is stored already as ${printable(kept)}, ${end === null ? 'for good' : `until ${localTime(end)}`}\n`
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
    output: TO_FILE,
  },
  examples: {
    'karo artifact get 4f1d2a0c9b33 -o report.pdf': 'the file appears complete or not at all',
    'karo artifact get 4f1d2a0c9b33 --at build-1 -o report.pdf': 'what that machine shares with you',
  },
  async run(io, { args, options }) {
    if (io.json && options.output === undefined) throw noJson('the content')
    // Before anything is fetched, so that a name that cannot be used costs no transfer.
    using output = options.output === undefined ? undefined : createOutput(options.output)
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
    const decoder = new TextDecoder()
    await copy(io, id, (chunk) => {
      if (output !== undefined) output.write(chunk)
      else if (onScreen) io.out(Buffer.from(decoder.decode(chunk, { stream: true })))
      else io.out(chunk)
    })
    if (onScreen) io.out(Buffer.from(decoder.decode()))
    output?.finish()
    const file = options.output
    if (file !== undefined)
      return show(io, { id, size, file }, () => `${printable(file)} has ${bytes(size)}.\n`)
  },
})

const list = defineCommand('artifact list', {
  summary: 'list your artifacts: stored files, and large results of your agents; newest first',
  shows: getArtifacts,
  view: ({ artifacts }, io) =>
    table(
      io,
      artifacts,
      {
        ID: ({ id }) => id.slice(0, ID_DIGITS),
        SIZE: { value: ({ size }) => bytes(size), align: 'right' },
        STORED: 'created_at',
        UNTIL: ({ expires_at }) => until(expires_at),
        FROM: ({ source }) => (source === 'person' ? 'you' : source),
        NAME: { value: 'name', shrink: true },
      },
      'No artifacts. karo artifact put FILE  stores one.\n',
    ),
})

const showOne = defineCommand('artifact show', {
  summary: 'show name, type and size of an artifact, and its beginning as text or bytes',
  shows: showArtifact,
  args: { id: ARTIFACT },
  view: artifactView,
})

const remove = defineCommand('artifact remove', {
  summary: 'remove an artifact',
  shows: removeArtifact,
  args: { id: ARTIFACT },
  view: ({ name }) => `Removed ${printable(name)}.\n`,
})

const share = defineCommand('artifact share', {
  summary: 'let others read an artifact for some time, and print a link to it',
  shows: shareArtifact,
  args: { id: ARTIFACT },
  options: {
    for: { value: 'duration', reads: endOf, description: 'for how long, 1m to 90d (default: 1d)' },
    to: {
      value: 'who',
      completes: 'node',
      description:
        'only this member or operator, who then needs no link (default: every member with the link)',
    },
    tell: 'also tell all members that this node has the artifact, without its name',
  },
  examples: {
    'karo artifact share 4f1d2a0c9b33 --for 1h': 'anybody with the link, for an hour',
  },
  ask({ args, options }) {
    const { for: ends_at = endOf('1d', '--for'), tell = false, to } = options
    return { body: { id: args.id, ends_at, told: tell, to } }
  },
  // The link alone is on standard output, so that it can be piped.
  view({ audience, ends_at, share: id, link }, io, { options }) {
    const who = audience === null ? 'Every member who has this link' : `Only ${options.to}`
    io.err(
      `${who} may read it until ${localTime(ends_at)}. To end it earlier: karo artifact unshare ${id.slice(0, ID_DIGITS)}\n`,
    )
    return `${link}\n`
  },
})

const shares = defineCommand('artifact shares', {
  summary: 'list what you share, with whom, until when, and how often it was read',
  shows: getShares,
  view: sharesView,
})

const unshare = defineCommand('artifact unshare', {
  summary: 'end a share, or all shares of an artifact, at once; their links stop working',
  shows: unshareArtifact,
  args: {
    id: {
      description: 'id of a share or of an artifact, or at least 6 digits of the beginning',
      completes: 'artifact:shares:share',
    },
  },
  view: ({ ended }) => `${ended === 1 ? 'One share has' : `${ended} shares have`} ended.\n`,
})

const where = defineCommand('artifact where', {
  summary: 'list the other members that announce an artifact',
  shows: findArtifact,
  args: { id: ARTIFACT },
  examples: {
    'karo artifact where 4f1d2a0c9b33': 'each of these machines decides whether you may read it',
  },
  view: ({ holders }, io) =>
    table(
      io,
      holders,
      {
        ARTIFACT: ({ artifact }) => artifact.slice(0, ID_DIGITS),
        FINGERPRINT: ({ node }) => node.fingerprint,
        LINKED: ({ connected }) => (connected ? 'yes' : 'no'),
        NODE: { value: ({ node }) => node.name, shrink: true },
      },
      'No other member says that it has this artifact. Its owner tells members with: karo artifact share ID --tell\n',
    ),
})

export const commands = [put, get, list, showOne, remove, share, shares, unshare, where]

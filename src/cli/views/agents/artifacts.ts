// Views of artifacts: the list, one of them with its beginning, what is shared, and who has one.
import type {
  ArtifactHoldersShape,
  ArtifactListShape,
  ArtifactSharesShape,
  ArtifactShownShape,
} from '../../../api/contract/shapes.ts'
import { bytes, localTime, printable } from '../../../base/format.ts'
import { facts, type Screen, table } from '../../terminal/table.ts'

/** As many digits of an id as people see. */
export const ID_DIGITS = 12
const until = (time: string | null): string => (time === null ? 'for good' : localTime(time))

export function artifactsView({ artifacts }: ArtifactListShape, screen: Screen): string {
  return table(
    screen,
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
  )
}

export function artifactView(shown: ArtifactShownShape, screen: Screen): string {
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

export function holdersView({ holders }: ArtifactHoldersShape, screen: Screen): string {
  return table(
    screen,
    holders,
    {
      ARTIFACT: ({ artifact }) => artifact.slice(0, ID_DIGITS),
      FINGERPRINT: ({ node }) => node.fingerprint,
      LINKED: ({ connected }) => (connected ? 'yes' : 'no'),
      NODE: { value: ({ node }) => node.name, shrink: true },
    },
    'No other member says that it has this artifact. Its owner tells members with: karo artifact share ID --tell\n',
  )
}

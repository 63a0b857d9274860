// Views of artifacts: the list, and one of them with its beginning.
import type { ArtifactListShape, ArtifactShownShape } from '../../../api/contract/shapes.ts'
import { bytes, localTime, printable } from '../../../base/format.ts'
import { table } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'

interface Screen {
  readonly colour: boolean
  readonly columns: number
}

/** As many digits of an id as people see. */
export const ID_DIGITS = 12
const until = (time: string | null): string => (time === null ? 'for good' : localTime(time))

export function artifactsView({ artifacts }: ArtifactListShape, screen: Screen): string {
  if (artifacts.length === 0) return 'No artifacts. karo artifact put FILE  stores one.\n'
  return table(
    artifacts,
    [
      { title: 'ID', value: ({ id }) => id.slice(0, ID_DIGITS) },
      { title: 'SIZE', align: 'right', value: ({ size }) => bytes(size) },
      { title: 'STORED', value: ({ created_at }) => localTime(created_at) },
      { title: 'UNTIL', value: ({ expires_at }) => until(expires_at) },
      { title: 'FROM', value: ({ source }) => (source === 'person' ? 'you' : source) },
      { title: 'NAME', value: ({ name }) => name, shrink: true },
    ],
    screen,
  )
}

export function artifactView(shown: ArtifactShownShape, screen: Screen): string {
  const facts = [
    ['id', shown.id],
    ['size', `${bytes(shown.size)} (${shown.size} bytes)`],
    ['type', shown.media_type],
    ['stored', localTime(shown.created_at)],
    ['kept until', until(shown.expires_at)],
    ['from', shown.source === 'person' ? 'you' : shown.source],
  ] as const
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, value]) => `  ${name.padEnd(width)}  ${printable(value)}`)
  const head = fitted(`${printable(shown.name)}\n${lines.join('\n')}\n`, screen.columns)
  if (shown.preview === null) return `${head}\nIt is no text.\n`
  const text = shown.preview.split('\n').map(printable).join('\n')
  return `${head}\n${text}${text.endsWith('\n') ? '' : '\n'}`
}

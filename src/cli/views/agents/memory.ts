// Views of notes: one line each, and what a search found.
import type { NoteListShape, NoteShape, NotesFoundShape } from '../../../api/contract/shapes.ts'
import { localTime, printable } from '../../../base/format.ts'
import { type Screen, table } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'

const from = ({ source }: Pick<NoteShape, 'source'>): string => (source === 'person' ? 'you' : source)
const firstLine = (text: string): string => text.split('\n').find((line) => line.trim() !== '') ?? ''

export const noteLine = ({ id, text }: NoteShape): string => `${id}  ${printable(firstLine(text))}\n`

export function notesView({ notes }: NoteListShape, screen: Screen): string {
  return table(
    screen,
    notes,
    {
      ID: 'id',
      KEPT: 'created_at',
      FROM: from,
      NOTE: { value: ({ text }) => firstLine(text), shrink: true },
    },
    'No notes. karo memory add TEXT  adds one.\n',
  )
}

export function foundView({ hits, searched_by, notes }: NotesFoundShape, screen: Screen): string {
  const told = [...notes.map(printable), `Searched by ${printable(searched_by)}.`]
  const end = told.map((line) => `${fitted(line, screen.columns)}\n`).join('')
  if (hits.length === 0) return `No note matches.\n${end}`
  const shown = hits.map((hit) => {
    const head = `${hit.id}  ${localTime(hit.created_at)}, ${printable(from(hit))}`
    const lines = hit.text.split('\n').map((line) => `  ${printable(line)}`)
    return `${head}\n${lines.join('\n')}\n`
  })
  return `${shown.join('\n')}\n${end}`
}

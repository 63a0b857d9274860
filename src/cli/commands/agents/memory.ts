// karo memory: notes of a person, found by their words and by what they mean.

import { addNote, forgetNote, getNotes, searchNotes } from '../../../api/contract/operations/agents/memory.ts'
import { MOST_NOTE, type NoteShape } from '../../../api/contract/shapes.ts'
import { textFrom } from '../../input/text-from.ts'
import { defineCommand, fitted, joined, localTime, printable, table, whole } from '../../kit.ts'

const from = ({ source }: NoteShape): string => (source === 'person' ? 'you' : source)
const firstLine = (text: string): string => text.split('\n').find((line) => line.trim() !== '') ?? ''

/** An endpoint of embeddings may take a while. */
const SEARCH_DEADLINE_MS = 30_000

const add = defineCommand('memory add', {
  summary: 'store a note, after taking secrets out of it',
  shows: addNote,
  args: {
    text: {
      variadic: true,
      oneThing: true,
      reads: (words: readonly string[]) =>
        words.join(' ') === '-' ? textFrom('-', MOST_NOTE) : words.join(' '),
      description: 'the note; - reads it from standard input',
    },
  },
  examples: {
    "karo memory add 'The staging database moved to db-2.'": 'prints its id',
    'git log -5 | karo memory add -': 'keeps what a command prints',
  },
  view: ({ id, text }) => `${id}  ${printable(firstLine(text))}\n`,
})

const search = defineCommand('memory search', {
  summary: 'find notes by words, and also by meaning if an endpoint of embeddings is configured',
  shows: searchNotes,
  args: {
    words: { variadic: true, oneThing: true, as: 'q', reads: joined, description: 'what the note is about' },
  },
  options: {
    limit: { value: 'number', reads: whole(1, 100), default: '10', description: 'at most so many, 1 to 100' },
  },
  deadlineMs: SEARCH_DEADLINE_MS,
  view({ hits, searched_by, notes }, io) {
    const told = [...notes.map(printable), `Searched by ${printable(searched_by)}.`]
    const end = told.map((line) => `${fitted(line, io)}\n`).join('')
    if (hits.length === 0) return `No note matches.\n${end}`
    const shown = hits.map((hit) => {
      const head = `${hit.id}  ${localTime(hit.created_at)}, ${printable(from(hit))}`
      const lines = hit.text.split('\n').map((line) => `  ${printable(line)}`)
      return `${head}\n${lines.join('\n')}\n`
    })
    return `${shown.join('\n')}\n${end}`
  },
})

const list = defineCommand('memory list', {
  summary: 'list your notes, and stored results of tasks; newest first',
  shows: getNotes,
  view: ({ notes }, io) =>
    table(
      io,
      notes,
      {
        ID: 'id',
        KEPT: 'created_at',
        FROM: from,
        NOTE: { value: ({ text }) => firstLine(text), shrink: true },
      },
      'No notes. karo memory add TEXT  adds one.\n',
    ),
})

const forget = defineCommand('memory forget', {
  summary: 'forget a note',
  shows: forgetNote,
  args: {
    id: { description: 'its id, or at least 6 digits of the beginning', completes: 'memory:list:id' },
  },
  examples: { 'karo memory forget 4f1d2a': 'removes the note, but not copies of it in tasks' },
  view: ({ id }) => `Forgot ${id}.\n`,
})

export const commands = [add, search, list, forget]

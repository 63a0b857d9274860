// Schemas of /memory and /prompts: notes and prompts of the caller.
import * as z from 'zod'
import { MOST_NOTE, MOST_NOTES, SEARCH_LIMIT_MAX } from '../../../../agents/memory/memory.ts'
import { MOST_PROMPTS, MOST_VERSIONS, PROMPT_NAME } from '../../../../agents/prompts/prompts.ts'
import { MOST_RENDERED, MOST_TEXT, MOST_VALUE } from '../../../../agents/prompts/template.ts'
import {
  count,
  flag,
  listOf,
  moment,
  named,
  pattern,
  rowsOf,
  share,
  someText,
  text,
  whole,
} from '../fields.ts'

const noteFields = {
  id: text(16, '16 hex digits'),
  text: text(MOST_NOTE * 2, 'the note, without the secrets that were found in it'),
  source: text(64, '`person`, or the id of the agent whose result it is'),
  created_at: moment('when it was kept'),
}
export const note = named('Note', noteFields)
export type NoteShape = z.infer<typeof note>
export const noteList = named('NoteList', { notes: listOf(note, MOST_NOTES, 'the newest first') })
export const notesFound = named('NotesFound', {
  hits: rowsOf(
    SEARCH_LIMIT_MAX,
    {
      ...noteFields,
      score: share('of the best hit; only to compare hits of one search'),
      by: listOf(z.enum(['words', 'meaning']), 2, 'which way found it'),
    },
    'the best first',
  ),
  searched_by: text(256, 'how it was searched: words, or also an endpoint of embeddings'),
  notes: listOf(text(1_024, 'what did not work'), 16),
})

export const addNoteBody = z.strictObject({ text: someText(MOST_NOTE) })
export const whichNoteBody = z.strictObject({
  id: pattern(/^[0-9a-f]{6,16}$/, 'the id, or at least 6 digits of its beginning'),
})
export const searchQuery = z.strictObject({
  q: someText(512, 'words'),
  limit: whole(1, SEARCH_LIMIT_MAX).default(10),
})

const name = () => pattern(PROMPT_NAME, 'name of a prompt: at most 64 lower-case letters, digits and . _ -')
const version = () => z.int().min(1).exactOptional().describe('absent: the newest')
const promptFields = {
  name: text(64, 'name of the prompt'),
  version: count('from 1'),
  newest: count('number of the newest version'),
  created_at: moment('when this version was added'),
  text: text(MOST_TEXT, 'the template'),
  variables: rowsOf(32, {
    name: text(32, 'as it stands in the template'),
    default: text(MOST_TEXT, 'what it is otherwise; null: it has to be given').nullable(),
  }),
}
export const prompt = named('Prompt', promptFields)
export type PromptShape = z.infer<typeof prompt>
export const promptAdded = named('PromptAdded', {
  ...promptFields,
  known: flag('the newest version says the same, and stays the newest'),
})
export type PromptAddedShape = z.infer<typeof promptAdded>
export const promptList = named('PromptList', {
  prompts: listOf(prompt, Math.max(MOST_PROMPTS, MOST_VERSIONS)),
})
export const rendered = named('PromptRendered', {
  name: text(64, 'name of the prompt'),
  version: count('that was used'),
  text: text(MOST_RENDERED, 'the text with its variables filled in'),
})

export const addPromptBody = z.strictObject({ name: name(), text: someText(MOST_TEXT) })
export const whichPromptQuery = z.strictObject({ name: name(), version: version() })
export const whichPrompt = z.strictObject({ name: name() })
export const renderBody = z.strictObject({
  name: name(),
  version: version(),
  values: z
    .array(z.strictObject({ name: z.string().max(64), value: z.string().max(MOST_VALUE) }))
    .max(64)
    .default([])
    .describe('what the variables stand for'),
})

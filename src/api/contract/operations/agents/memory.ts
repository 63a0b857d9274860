// Operations of /memory and /prompts: notes and prompts of the caller.

import { own } from '../../of-agents.ts'
import { defineOperation, schemasOf } from '../../operation.ts'

const from = schemasOf(() => import('../../schemas/agents/memory.ts'))

const REVIEW = 'Review this change for {{focus=bugs}}:\n{{diff}}'

export const getNotes = defineOperation('GET /api/v1/memory', {
  ...own,
  summary: 'The notes of the caller, and results of tasks that were kept',
  answer: from.noteList,
})

export const searchNotes = defineOperation('GET /api/v1/memory/search', {
  ...own,
  summary: 'Notes that fit words',
  description:
    'By full text; also by meaning where `memory.embeddings` names a local endpoint. `searched_by` says which was used.',
  query: from.searchQuery,
  answer: from.notesFound,
  example: { q: 'deploy staging' },
})

export const addNote = defineOperation('POST /api/v1/memory', {
  ...own,
  summary: 'Keep a note; secrets that are found in it are taken out',
  body: from.addNoteBody,
  answer: from.note,
  errors: ['rate_limited'],
  example: { text: 'The staging database moved to db-2.' },
})

export const forgetNote = defineOperation('POST /api/v1/memory/forget', {
  ...own,
  summary: 'Forget a note',
  body: from.whichNoteBody,
  answer: from.note,
  errors: ['not_found', 'conflict'],
  example: { id: '0123456789abcdef' },
})

export const getPrompts = defineOperation('GET /api/v1/prompts', {
  ...own,
  summary: 'The prompts of the caller, each in its newest version',
  answer: from.promptList,
})

export const addPrompt = defineOperation('POST /api/v1/prompts', {
  ...own,
  summary: 'Add a prompt, or a new version of one',
  description:
    'A template has variables as `{{name}}`, or `{{name=default}}`; `\\{{` stands for the two characters.',
  body: from.addPromptBody,
  answer: from.promptAdded,
  errors: ['rate_limited'],
  example: { name: 'review', text: REVIEW },
})

export const showPrompt = defineOperation('GET /api/v1/prompts/show', {
  ...own,
  summary: 'One version of a prompt',
  query: from.whichPromptQuery,
  answer: from.prompt,
  errors: ['not_found'],
  example: { name: 'review' },
})

export const getPromptVersions = defineOperation('GET /api/v1/prompts/versions', {
  ...own,
  summary: 'The versions of a prompt that are kept, the newest first',
  query: from.whichPrompt,
  answer: from.promptList,
  errors: ['not_found'],
  example: { name: 'review' },
})

export const renderPrompt = defineOperation('POST /api/v1/prompts/render', {
  ...own,
  summary: 'The text of a prompt with its variables filled in',
  description:
    'Values are put in as they are; nothing is evaluated or run. A variable that is missing is an error.',
  body: from.renderBody,
  answer: from.rendered,
  errors: ['not_found', 'too_large'],
  example: { name: 'review', values: [{ name: 'diff', value: '- a\n+ b' }] },
})

export const removePrompt = defineOperation('POST /api/v1/prompts/remove', {
  ...own,
  summary: 'Remove a prompt with all of its versions',
  body: from.whichPrompt,
  answer: from.prompt,
  errors: ['not_found'],
  example: { name: 'review' },
})

// Operations of /history: search, ranking and deletion.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/history.ts'))

export const getHistory = defineOperation('GET /api/v1/history', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands, searched",
  description: 'Newest first. The text of a command is given only to the person who typed it.',
  query: from.getHistoryQuery,
  answer: from.history,
  example: { word: 'docker', risk: 'high', limit: '10' },
})

export const getRankedCommands = defineOperation('GET /api/v1/history/commands', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands, each once, the likeliest first",
  description:
    'Ordered by how often, how lately and where each command was used, and how it ended. With words, commands that contain ' +
    'all of them come before commands that only have their letters in this order.',
  query: from.getRankedCommandsQuery,
  answer: from.rankedCommands,
  example: { q: 'docker run', here: '/srv/shop', limit: '10' },
})

export const getInspectedCommand = defineOperation('GET /api/v1/history/inspect', {
  access: 'person',
  tag: 'terminal',
  summary: "One of the caller's own commands: its uses, and what ran around it",
  description:
    'Neighbours are commands of the same shell session. Commands from an import, and those recorded before Karo kept the ' +
    'session, have none.',
  query: from.getInspectedCommandQuery,
  answer: from.inspectedCommand,
  errors: ['not_found'],
  example: { id: '0005a3k7mfz9t0001c9e8h' },
})

export const noteAnswers = defineOperation('POST /api/v1/history/answers', {
  access: 'person',
  via: 'socket',
  tag: 'terminal',
  summary: 'Says which commands karo ask has just shown to the caller',
  description:
    'Those that the caller runs within an hour are counted as `ask_answers_run`. The texts stay in the memory of the daemon, ' +
    'the newest 16 of a person, and are gone with it.',
  body: from.noteAnswersBody,
  answer: from.notedAnswers,
  example: { answers: [{ command: 'find DIR -type f -size +100M', placeholders: ['DIR'] }] },
})

export const deleteHistory = defineOperation('POST /api/v1/history/delete', {
  access: 'person',
  scope: 'full',
  tag: 'terminal',
  summary: "Removes some of the caller's own commands for good",
  description:
    'Removes the commands in `ids`, every use of `command`, or all commands that fit the filters. When the answer comes, ' +
    'they are gone from the database, its files and all counts. With `dry_run` nothing is removed. The text may remain ' +
    "in the shell's own history and in backups; summaries that were shared before still count it.",
  body: from.deleteHistoryBody,
  bodyBytes: 1024 * 1024,
  answer: from.deletedCommands,
  errors: ['bad_request'],
  example: { word: ['hunter2'], dry_run: true },
})

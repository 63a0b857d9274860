// /history, described: what is in it, and what is taken out.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/history.ts'))

export const getHistory = defineOperation('GET /api/v1/history', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands, searched",
  description: 'Newest first. The text of a command is given only to the person who typed it.',
  query: from.getHistoryQuery,
  answer: from.history,
  example: { query: { word: 'docker', risk: 'high', limit: '10' } },
})

export const getRankedCommands = defineOperation('GET /api/v1/history/commands', {
  access: 'person',
  tag: 'terminal',
  summary: "The caller's own commands, each once, the likeliest first",
  description:
    'Ordered by how often and how lately each was used, where, and how it ended. Asked with words, commands that hold ' +
    'them all come before those that only have their letters in this order.',
  query: from.getRankedCommandsQuery,
  answer: from.rankedCommands,
  example: { query: { q: 'docker run', here: '/srv/shop', limit: '10' } },
})

export const deleteHistory = defineOperation('POST /api/v1/history/delete', {
  access: 'person',
  scope: 'full',
  tag: 'terminal',
  summary: "Removes some of the caller's own commands for good",
  description:
    'They are out of the database, its files, and all numbers that are kept of them, when this is answered. Given `ids` or a `command`, ' +
    'those; given filters, whatever fits all of them. With `dry_run` nothing is removed. The text may still stand ' +
    "in the shell's own history, in backups, and counted in summaries that were shared before.",
  body: from.deleteHistoryBody,
  bodyBytes: 1024 * 1024,
  answer: from.deletedCommands,
  errors: ['bad_request'],
  example: { body: { word: ['hunter2'], dry_run: true } },
})

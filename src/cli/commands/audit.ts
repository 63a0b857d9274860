// karo audit: what happened here, and whether the record of it is whole.
import { callDaemon } from '../../api/client.ts'
import { AUDIT_TYPES, type AuditEntryShape, type AuditVerdict } from '../../api/shapes.ts'
import { EXIT } from '../../base/errors.ts'
import type { Command } from '../command.ts'
import { localTime, printable } from '../format.ts'
import { table } from '../table.ts'
import { parseSince, rfc3339 } from '../time.ts'
import { checkText, parseWhole } from '../values.ts'

/** Enough of a node id to tell peers apart on a line. */
const PEER_CHARACTERS = 12
/** What the API takes. */
const LIMIT_MAX = 10_000
const MOST_PEER = 256
const NODE_ID_PREFIX = 'karo:ed25519:'

const log: Command = {
  name: 'audit log',
  summary: 'what happened here, newest first',
  args: [],
  options: [
    { name: 'limit', value: 'n', description: `how many entries (at most ${LIMIT_MAX})`, default: '50' },
    { name: 'type', value: 'type', description: 'only this kind', choices: AUDIT_TYPES },
    { name: 'peer', value: 'node', description: 'only about this node: node id, fingerprint or name' },
    { name: 'since', value: 'when', description: 'only newer ones: 2h, 7d, or a time' },
  ],
  examples: [
    { run: 'karo audit log --type query_received --since 7d', does: 'who asked this node what' },
    { run: 'karo audit log --peer bob', does: 'everything that concerns bob' },
  ],
  async run(io, input) {
    const { limit, type, peer, since } = input.options
    const query = new URLSearchParams({ limit: String(parseWhole(String(limit), '--limit', 1, LIMIT_MAX)) })
    if (typeof type === 'string') query.set('type', type)
    if (typeof peer === 'string') query.set('peer', checkText(peer, '--peer', MOST_PEER))
    if (typeof since === 'string') query.set('since', rfc3339(parseSince(since, Date.now()), '--since'))
    const answer = (await callDaemon(io, 'GET', `/api/v1/audit/log?${query}`)) as {
      entries: AuditEntryShape[]
    }
    if (io.json) {
      io.out(`${JSON.stringify(answer)}\n`)
      return EXIT.done
    }
    if (answer.entries.length === 0) {
      io.out('Nothing in the ledger matches.\n')
      return EXIT.done
    }
    io.out(
      table(
        answer.entries,
        [
          { title: '#', value: (entry) => String(entry.seq), align: 'right' },
          { title: 'TIME', value: (entry) => localTime(entry.timestamp) },
          { title: 'WHAT', value: (entry) => entry.type },
          {
            title: 'OK',
            value: (entry) => (entry.success ? 'yes' : 'no'),
            style: (entry) => (entry.success ? undefined : 'red'),
          },
          {
            title: 'PEER',
            value: (entry) =>
              entry.peer?.slice(NODE_ID_PREFIX.length, NODE_ID_PREFIX.length + PEER_CHARACTERS) ?? '–',
          },
          { title: 'DETAILS', value: details, wrap: true },
        ],
        io,
      ),
    )
    return EXIT.done
  },
}

const details = (entry: AuditEntryShape): string =>
  Object.entries(entry.details)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')

const verify: Command = {
  name: 'audit verify',
  summary: 'check that no entry was altered or removed; exit 1 if one was',
  args: [],
  options: [],
  examples: [{ run: 'karo audit verify', does: 'walks the whole chain' }],
  async run(io) {
    const verdict = (await callDaemon(io, 'GET', '/api/v1/audit/verify')) as AuditVerdict
    if (io.json) io.out(`${JSON.stringify(verdict)}\n`)
    else if (verdict.ok)
      io.out(`The ledger is whole: ${verdict.entries} entries, head ${printable(verdict.head)}\n`)
    else {
      io.out(`The ledger is broken at entry ${verdict.first_bad}: that entry is altered, missing, or not what was signed.
Entries before it are proven; nothing from it on is. Keep a copy of the database before you do anything else.
`)
    }
    return verdict.ok ? EXIT.done : EXIT.failed
  },
}

export const audit: readonly Command[] = [log, verify]

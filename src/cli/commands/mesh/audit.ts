// karo audit: shows, verifies and exports the ledger of this node.

import { parseNodeId } from '../../../../protocols/node-id.ts'
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { exportAudit, whoAsked as getAskers, getAuditLog } from '../../../api/contract/operations/audit.ts'
import { getPeers } from '../../../api/contract/operations/peers.ts'
import { type AskersShape, AUDIT_TYPES, type AuditEntryShape } from '../../../api/contract/shapes.ts'
import { ago, formatFingerprint, localTime, printable } from '../../../base/format.ts'
import { csvText, jsonText } from '../../../base/printable.ts'
import { type CommandIo, defineCommand, printJson } from '../../command.ts'
import { parseDuration, parseUntil, rfc3339, sinceOf } from '../../input/time.ts'
import { given, parseWhole } from '../../input/values.ts'
import { counted, verifyLedger } from '../../ledger/verify.ts'
import { noJson, TO_FILE, writingTo } from '../../output-file.ts'
import { table } from '../../terminal/table.ts'
import { givenView } from '../../views/totals/given.ts'

/** A ledger of a year is read and sent in seconds; a disk may be slow. */
const EXPORT_MS = 600_000

const exportLedger = defineCommand('audit export', {
  summary: 'write the ledger with its signatures to a file that can be verified elsewhere',
  shows: exportAudit,
  options: {
    format: {
      value: 'format',
      description: 'ndjson can be verified, and is one JSON document a line; csv is for a spreadsheet',
      choices: ['ndjson', 'csv'],
      default: 'ndjson',
    },
    output: TO_FILE,
    since: { value: 'when', description: 'start: 7d, a date, or RFC 3339' },
    until: {
      value: 'when',
      description: 'end: the export ends at the first signature after this, at most an hour later',
    },
  },
  json: 'NDJSON, one JSON document a line; with --output one document that says what is in the file',
  examples: {
    'karo audit export -o ledger.ndjson': 'all of it',
    'karo audit verify --file ledger.ndjson': 'on any machine, without the node',
    'karo audit export --format csv --since 7d': 'a week for a spreadsheet',
  },
  async run(io, { options }) {
    const now = Date.now()
    const query = {
      since: sinceOf(options.since, now),
      until: given(options.until, (text) => rfc3339(parseUntil(text, now, '--until'), '--until')),
    }
    const csv = options.format === 'csv'
    const file = options.output
    if (csv && io.json && file === undefined) throw noJson('csv')
    let entries = 0
    await writingTo(io, file, async (write) => {
      if (csv) write(`${CSV_COLUMNS.join(',')}\r\n`)
      for await (const said of daemonAt(io).lines(exportAudit, { query, deadlineMs: EXPORT_MS })) {
        if ('seq' in said) entries++
        if (!csv) write(`${jsonText(said)}\n`)
        else if ('hash' in said) write(csvLine(said))
      }
    })
    if (file !== undefined)
      io.out(
        io.json
          ? `${JSON.stringify({ file, entries })}\n`
          : `${counted(entries)} ${entries === 1 ? 'is' : 'are'} in ${printable(file)}\n`,
      )
  },
})

const CSV_COLUMNS = ['seq', 'timestamp', 'type', 'success', 'peer', 'trace_id', 'details', 'hash'] as const

/** RFC 4180; nothing in it is a formula to a spreadsheet, and nothing hides. */
function csvLine(entry: AuditEntryShape): string {
  const fields = CSV_COLUMNS.map((name) => {
    const value = entry[name]
    return csvText(typeof value === 'object' ? jsonText(value) : String(value ?? ''))
  })
  return `${fields.join(',')}\r\n`
}

/** Most entries that the API gives at once. */
const LIMIT_MAX = 10_000

const log = defineCommand('audit log', {
  summary: 'show the ledger: what happened on this machine, newest first',
  shows: getAuditLog,
  options: {
    limit: { value: 'n', description: `how many entries (at most ${LIMIT_MAX})`, default: '50' },
    type: { value: 'type', description: 'only entries of this type', choices: AUDIT_TYPES },
    peer: {
      value: 'node',
      description: 'only about this node: node id, fingerprint or name',
      completes: 'node',
    },
    since: { value: 'when', description: 'only newer entries: 2h, 7d, or a time' },
  },
  examples: {
    'karo audit log --type query_received --since 7d': 'who asked this node what',
    'karo audit log --peer bob': 'all entries about bob',
  },
  async run(io, { options }) {
    const query = {
      limit: parseWhole(options.limit, '--limit', 1, LIMIT_MAX),
      type: options.type,
      peer: options.peer,
      since: sinceOf(options.since),
    }
    const answer = await io.call(getAuditLog, { query })
    if (io.json) return printJson(io, answer)
    if (answer.entries.length === 0) {
      io.out('No entry of the ledger matches: leave out --type, --peer or --since.\n')
      return
    }
    const peerOf = await namer(io, answer.entries)
    io.out(
      table(io, answer.entries, {
        '#': 'seq',
        TIME: (entry) => localTime(entry.timestamp),
        WHAT: 'type',
        OK: {
          value: (entry) => (entry.success ? 'yes' : 'no'),
          style: (entry) => (entry.success ? undefined : 'red'),
        },
        PEER: (entry) => (entry.peer === undefined ? '–' : peerOf(entry.peer)),
        DETAILS: { value: (entry) => details(entry, peerOf), wrap: true },
      }),
    )
  },
})

/** The id of a node, anywhere in a text. */
const NODE_ID = /karo:ed25519:[\w-]{43}/g

/** Names nodes as `peers` and `query` do: `bob 0123456789abcdef`, or the fingerprint alone if a node has no name. */
async function namer(io: CommandIo, entries: readonly AuditEntryShape[]): Promise<(node: string) => string> {
  const isNamed = (entry: AuditEntryShape): boolean =>
    entry.peer !== undefined || details(entry, (node) => node).search(NODE_ID) >= 0
  if (!entries.some(isNamed)) return (node) => node
  const { peers } = await io.call(getPeers)
  const names = new Map<string, string>(peers.map(({ node_id, name }) => [node_id, name]))
  const { fingerprintOf } = await import('../../../trust/identity/index.ts')
  return (node) => {
    const key = parseNodeId(node)
    const fingerprint = key === undefined ? node : fingerprintOf(key)
    const name = names.get(node) ?? ''
    return name === '' ? fingerprint : `${name} ${fingerprint}`
  }
}

const details = (entry: AuditEntryShape, nameOf: (node: string) => string): string =>
  Object.entries(entry.details)
    .map(([name, value]) => `${name}=${String(value).replace(NODE_ID, nameOf)}`)
    .join(' ')

type Asker = AskersShape['askers'][number]

const nodeOf = ({ name, fingerprint }: Asker): string => name || formatFingerprint(fingerprint)

/** An operator has the fingerprint beside the name, because two issuers may have certified two people of one name. */
function whoOf(asker: Asker): string {
  const { operator } = asker
  if (operator === null) return nodeOf(asker)
  const digits = formatFingerprint(operator.fingerprint)
  return operator.name === '' ? digits : `${operator.name} (${digits})`
}

/** In a column of its own, because a node chooses its name and could choose `carol via desk`. */
const viaOf = (asker: Asker): string => (asker.operator === null ? '–' : nodeOf(asker))

const DEFAULT_LAST = '30d'

const whoAsked = defineCommand('audit who-asked', {
  summary: 'show who asked this machine for what, the outcome, and the totals that this machine took part in',
  shows: getAskers,
  options: { last: { value: 'duration', description: 'how far back', default: DEFAULT_LAST } },
  examples: {
    'karo audit who-asked': `the last ${DEFAULT_LAST}, the latest question first`,
    'karo audit who-asked --last 24h --json': 'for a script',
  },
  async run(io, { options }) {
    const since = rfc3339(Date.now() - parseDuration(options.last, '--last'), '--last')
    const answer = await io.call(getAskers, { query: { since } })
    if (io.json) return printJson(io, answer)
    const now = Date.now()
    const totals = givenView(answer.totals, io, now)
    if (answer.askers.length === 0) {
      io.out(`No other node asked this one anything in the last ${options.last}.\n${totals}`)
      return
    }
    io.out(
      table(io, answer.askers, {
        WHO: { value: whoOf, shrink: true },
        VIA: { value: viaOf, shrink: true },
        ABOUT: (one) => one.query_type ?? '–',
        ASKED: 'asked',
        ALLOWED: 'allowed',
        REFUSED: 'refused',
        'TOO MANY': 'busy',
        LAST: (one) => ago(now - Date.parse(one.last)),
        'BY RULE': { value: (one) => one.rules.join(', '), wrap: true },
      }),
    )
    io.out(totals)
  },
})

export const commands = [log, whoAsked, verifyLedger, exportLedger]

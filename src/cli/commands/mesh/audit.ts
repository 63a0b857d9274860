// karo audit: shows, verifies and exports the ledger of this node. A file of an export is verified without a node.

import { createInterface } from 'node:readline'
import { parseNodeId } from '../../../../protocols/node-id.ts'
import {
  exportAudit,
  whoAsked as getAskers,
  getAuditLog,
  verifyAudit,
} from '../../../api/contract/operations/audit.ts'
import { getPeers } from '../../../api/contract/operations/peers.ts'
import {
  type AskersShape,
  AUDIT_TYPES,
  type AuditEntryShape,
  type AuditVerdict,
} from '../../../api/contract/shapes.ts'
import { csvText, jsonText } from '../../../base/printable.ts'
import { counted, shortOf } from '../../doctor/ledger.ts'
import { openRegular, unreadable } from '../../input/regular-file.ts'
import {
  ago,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  formatFingerprint,
  KaroError,
  localTime,
  parseDuration,
  printable,
  printJson,
  rfc3339,
  show,
  sinceTime,
  table,
  untilTime,
  whole,
} from '../../kit.ts'
import { noJson, TO_FILE, writingTo } from '../../output-file.ts'
import { nameOf, toldApart } from '../../views/lines.ts'
import { givenView } from '../../views/totals.ts'

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
    since: { value: 'when', reads: sinceTime, description: 'start: 7d, a date, or RFC 3339' },
    until: {
      value: 'when',
      reads: untilTime,
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
    const query = { since: options.since, until: options.until }
    const csv = options.format === 'csv'
    const file = options.output
    if (csv && io.json && file === undefined) throw noJson('--format csv')
    let entries = 0
    await writingTo(io, file, async (write) => {
      if (csv) write(`${CSV_COLUMNS.join(',')}\r\n`)
      for await (const said of io.daemon.lines(exportAudit, { query, deadlineMs: EXPORT_MS })) {
        if ('seq' in said) entries++
        if (!csv) write(`${jsonText(said)}\n`)
        else if ('hash' in said) write(csvLine(said))
      }
    })
    if (file !== undefined)
      return show(
        io,
        { file, entries },
        () => `${counted(entries)} ${entries === 1 ? 'is' : 'are'} in ${printable(file)}\n`,
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
    limit: {
      value: 'n',
      reads: whole(1, LIMIT_MAX),
      description: `how many entries (at most ${LIMIT_MAX})`,
      default: '50',
    },
    type: { value: 'type', description: 'only entries of this type', choices: AUDIT_TYPES },
    peer: {
      value: 'node',
      description: 'only about this node: node id, fingerprint or name',
    },
    since: { value: 'when', reads: sinceTime, description: 'only newer entries: 2h, 7d, or a time' },
  },
  examples: {
    'karo audit log --type query_received --since 7d': 'who asked this node what',
  },
  async view({ entries }, io) {
    const peerOf = await namer(io, entries)
    return table(
      io,
      entries,
      {
        '#': 'seq',
        TIME: (entry) => localTime(entry.timestamp),
        WHAT: 'type',
        OK: {
          value: (entry) => (entry.success ? 'yes' : 'no'),
          style: (entry) => (entry.success ? undefined : 'red'),
        },
        PEER: (entry) => (entry.peer === undefined ? '–' : peerOf(entry.peer)),
        DETAILS: { value: (entry) => details(entry, peerOf), wrap: true },
      },
      'No entry of the ledger matches: leave out --type, --peer or --since.\n',
    )
  },
})

/** The id of a node, anywhere in a text. */
const NODE_ID = /karo:ed25519:[\w-]{43}/g

/** Names nodes as `peers` and `query` do: `bob 0123456789abcdef`, or the fingerprint alone if a node has no name. */
async function namer(io: CommandIo, entries: readonly AuditEntryShape[]): Promise<(node: string) => string> {
  if (jsonText(entries).search(NODE_ID) < 0) return (node) => node
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

/** An operator has the fingerprint beside the name, because two issuers may have certified two people of one name. */
function whoOf({ operator, name }: AskersShape['askers'][number]): string {
  if (operator === null) return name
  const digits = formatFingerprint(operator.fingerprint)
  return operator.name === '' ? digits : `${operator.name} (${digits})`
}

const whoAsked = defineCommand('audit who-asked', {
  summary: 'show who asked this machine for what, the outcome, and the totals that this machine took part in',
  shows: getAskers,
  options: { last: { value: 'duration', description: 'how far back', default: '30d' } },
  ask: ({ options }) => ({
    query: { since: rfc3339(Date.now() - parseDuration(options.last, '--last'), '--last') },
  }),
  view({ askers, totals }, io, { options }) {
    const now = Date.now()
    const rows = table(
      io,
      toldApart(askers),
      {
        WHO: { value: whoOf, shrink: true },
        // In a column of its own, because a node chooses its name and could choose `carol via desk`.
        VIA: { value: (one) => (one.operator === null ? '–' : one.name), shrink: true },
        ABOUT: 'query_type',
        ASKED: 'asked',
        ALLOWED: 'allowed',
        REFUSED: 'refused',
        'TOO MANY': 'busy',
        LAST: (one) => ago(now - Date.parse(one.last)),
        'BY RULE': { value: (one) => one.rules.join(', '), wrap: true },
      },
      `No other node asked this one anything in the last ${options.last}.\n`,
    )
    return rows + givenView(totals, io, now)
  },
})

/** A snapshot put back and a restored backup are no attack, and after both other members keep signatures of entries that are gone. */
const RESTORED =
  'A home put back from a snapshot looks the same; a restored backup is noted (karo audit log --type node_restored).'

const verify = defineCommand('audit verify', {
  summary:
    'check that no entry of the ledger was altered or removed; exits with 1 if one was, with 5 if no other machine shows that its end is there',
  shows: verifyAudit,
  options: {
    file: {
      value: 'file',
      description: 'check a file of `karo audit export`, from any machine; needs no node',
    },
  },
  examples: {
    'karo audit verify --file ledger.ndjson': 'the same on a machine without that node',
  },
  async run(io, { options }) {
    if (options.file !== undefined) return verifyFile(io, options.file)
    const verdict = await io.call(verifyAudit)
    const short = shortOf(verdict, nameOf)
    if (io.json) printJson(io, verdict)
    else if (verdict.ok)
      io.out(
        `${isWitnessed(verdict) ? 'The ledger is whole' : 'No entry of the ledger was altered'}: ${counted(verdict.entries)}, head ${printable(verdict.head)}\n${restsOn(verdict)}${earlierKeys(verdict)}`,
      )
    else if (short !== undefined)
      io.out(`The ledger ${short}.
${RESTORED} Otherwise somebody removed entries.
`)
    else {
      io.out(`The ledger is broken at entry ${verdict.first_bad}: that entry is altered, missing, or not what was signed.
Entries before it are proven; this entry and all later ones are not. First of all, make a copy of the database.
${RESTORED}
Another machine with the key of this node looks the same, until this node signs again: karo doctor --only peers.twins
`)
    }
    if (!verdict.ok) return EXIT.failed
    return isWitnessed(verdict) ? EXIT.done : EXIT.partial
  },
})

/** Another machine keeps a signature of the end: what is newer than it is the work of an hour at most. */
const isWitnessed = ({ outside }: AuditVerdict): boolean => Boolean(outside?.members.length)

/** An end that was cut off together with its signatures shows by what others keep, and by nothing else. */
function restsOn({ outside }: AuditVerdict): string {
  if (!outside?.members.length)
    return `What there is of it is whole. Entries may be missing at its end: no other machine keeps a signature of that (a neighbour gets one every hour and when this node stops), and whoever could write here could have cut it off with its signatures.
`
  // A member that rotated its key keeps signatures under both, and is one.
  const names = new Set(outside.members.map(nameOf))
  return `It reaches entry ${outside.seq}; ${[...names].join(', ')} ${names.size === 1 ? 'keeps' : 'keep'} its signature of ${outside.signed_at}.
`
}

/** A key that nobody here replaced is one to be asked about, so each is named. */
const earlierKeys = ({ earlier_keys }: Pick<AuditVerdict, 'earlier_keys'>): string =>
  earlier_keys
    .map(
      ({ node_id, through }) =>
        `Up to entry ${through} it is signed by an earlier key, which was replaced there (karo identity rotate, karo identity new, or a restore):\n  ${printable(node_id)}\n`,
    )
    .join('')

async function verifyFile(io: CommandIo, file: string): Promise<ExitCode> {
  const { verifyExport } = await import('../../../trust/audit/exported.ts')
  const verdict = await verifyExport(linesOf(file)).catch((error) => {
    if (!(error instanceof KaroError)) throw unreadable(file, error)
    throw new KaroError(error.code, error.message, { where: file, hint: error.hint })
  })
  const { ok, entries, first_bad, signed_through, node_id } = verdict
  if (io.json) printJson(io, verdict)
  else if (ok) {
    io.out(`The file is whole: entries ${verdict.first} to ${verdict.last}, each continuing the one before, signed by
  ${node_id}
To verify the machine, compare this key with the output of \`karo identity show\` there.
${earlierKeys(verdict)}`)
  } else if (first_bad !== null) {
    io.out(
      `The file is broken at entry ${first_bad}: it is altered, missing, or not what was signed. Do not rely on it.\n`,
    )
  } else if (entries === 0) io.out('The file holds no entries: nothing is proven.\n')
  else io.out(`Entries after ${signed_through ?? 0} are not signed: the end of the file is missing.\n`)
  return ok ? EXIT.done : EXIT.failed
}

/** Each line's value; null for one that is no JSON. */
async function* linesOf(file: string): AsyncGenerator<unknown> {
  for await (const line of createInterface({ input: (await openRegular(file)).createReadStream() })) {
    try {
      yield JSON.parse(line)
    } catch {
      yield null
    }
  }
}

export const commands = [log, whoAsked, verify, exportLedger]

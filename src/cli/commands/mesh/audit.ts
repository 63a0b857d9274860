// karo audit: what happened here, and whether the record of it is whole.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseNodeId } from '../../../../protocols/node-id.ts'
import { callDaemon, streamDaemon } from '../../../api/contract/client.ts'
import {
  type AskersShape,
  AUDIT_TYPES,
  type AuditEntryShape,
  type AuditVerdict,
  type PeerShape,
} from '../../../api/contract/shapes.ts'
import { EXIT, type ExitCode, KaroError } from '../../../base/errors.ts'
import { ago, formatFingerprint, localTime, printable } from '../../../base/format.ts'
import { csvText, jsonText } from '../../../base/printable.ts'
import type { ExportVerdict } from '../../../trust/audit/exported.ts'
import type { ExportLine } from '../../../trust/audit/types.ts'
import type { Command, CommandIo } from '../../command.ts'
import { createOutput } from '../../output-file.ts'
import { table } from '../../terminal/table.ts'
import { parseDuration, parseSince, parseUntil, rfc3339 } from '../../time.ts'
import { checkText, parseWhole } from '../../values.ts'
import { noJson } from '../terminal/export.ts'

/** What the API takes. */
const LIMIT_MAX = 10_000
const MOST_PEER = 256

const log: Command = {
  name: 'audit log',
  summary: 'what happened here, newest first',
  args: [],
  options: [
    { name: 'limit', value: 'n', description: `how many entries (at most ${LIMIT_MAX})`, default: '50' },
    { name: 'type', value: 'type', description: 'only this kind', choices: AUDIT_TYPES },
    {
      name: 'peer',
      value: 'node',
      description: 'only about this node: node id, fingerprint or name',
      completes: 'node',
    },
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
      io.out('No entry of the ledger matches: leave out --type, --peer or --since.\n')
      return EXIT.done
    }
    const peerOf = await namer(io, answer.entries)
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
            value: (entry) => (entry.peer === undefined ? '–' : peerOf(entry.peer)),
          },
          { title: 'DETAILS', value: (entry) => details(entry, peerOf), wrap: true },
        ],
        io,
      ),
    )
    return EXIT.done
  },
}

/** Of any node, wherever its id stands. */
const NODE_ID = /karo:ed25519:[\w-]{43}/g

/** `bob 0123456789abcdef`, as `peers` and `query` call them and `--peer` takes them; of strangers the fingerprint alone. */
async function namer(io: CommandIo, entries: readonly AuditEntryShape[]): Promise<(node: string) => string> {
  const isNamed = (entry: AuditEntryShape): boolean =>
    entry.peer !== undefined || details(entry, (node) => node).search(NODE_ID) >= 0
  if (!entries.some(isNamed)) return (node) => node
  const { peers } = (await callDaemon(io, 'GET', '/api/v1/peers')) as { peers: readonly PeerShape[] }
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

const counted = (entries: number): string => (entries === 1 ? '1 entry' : `${entries} entries`)

const verify: Command = {
  name: 'audit verify',
  summary: 'check that no entry was altered or removed; exit 1 if one was',
  args: [],
  options: [
    {
      name: 'file',
      value: 'file',
      description: 'of a file that `karo audit export` wrote, here or elsewhere; needs no daemon',
      completes: 'file',
    },
  ],
  examples: [
    { run: 'karo audit verify', does: 'walks the whole chain' },
    { run: 'karo audit verify --file ledger.ndjson', does: 'the same on a machine without that node' },
  ],
  async run(io, { options }) {
    if (typeof options.file === 'string') return verifyFile(io, options.file)
    const verdict = (await callDaemon(io, 'GET', '/api/v1/audit/verify')) as AuditVerdict
    if (io.json) io.out(`${JSON.stringify(verdict)}\n`)
    else if (verdict.ok)
      io.out(
        `The ledger is whole: ${counted(verdict.entries)}, head ${printable(verdict.head)}\n${restsOn(verdict)}${earlierKeys(verdict)}`,
      )
    else if (isShort(verdict)) io.out(shortOf(verdict))
    else {
      io.out(`The ledger is broken at entry ${verdict.first_bad}: that entry is altered, missing, or not what was signed.
Entries before it are proven; nothing from it on is. Keep a copy of the database before you do anything else.
`)
    }
    return verdict.ok ? EXIT.done : EXIT.failed
  },
}

type Outside = NonNullable<AuditVerdict['outside']>

const namesOf = ({ members }: Outside): string =>
  members.map(({ name, fingerprint }) => printable(name || fingerprint)).join(', ')

/** An end that was cut off together with its signatures shows by what others keep, and by nothing else. */
function restsOn({ outside }: AuditVerdict): string {
  if (outside === undefined || outside.members.length === 0)
    return `No other machine has given a signature over it, so that its end is whole rests on this machine's word alone.
Members keep one each hour: link with one (karo peers), and ask again.
`
  return `It reaches entry ${outside.seq}, over which ${namesOf(outside)} ${outside.members.length === 1 ? 'keeps' : 'keep'} a signature of ${outside.signed_at}.
`
}

/** Nothing but the end is missing. */
const isShort = ({ first_bad, outside }: AuditVerdict): boolean =>
  outside !== undefined && outside.missing > 0 && first_bad === outside.seq - outside.missing + 1

function shortOf({ outside }: AuditVerdict): string {
  const { missing, seq, signed_at } = outside as Outside
  const seen = namesOf(outside as Outside)
  const by = seen === '' ? 'that this node signed' : `seen by ${seen}, signed`
  return `The ledger is ${counted(missing)} short of the head ${by} at ${signed_at} (entry ${seq}): its end was cut off.
A restored backup looks the same, and is an entry (karo audit log --type node_restored). If nobody restored one, somebody removed entries.
`
}

/** A key that nobody here replaced is one to be asked about, so each is named. */
const earlierKeys = ({ earlier_keys }: Pick<AuditVerdict, 'earlier_keys'>): string =>
  earlier_keys
    .map(
      ({ node_id, through }) =>
        `Up to entry ${through} it is signed by an earlier key, which was replaced there (karo identity new, or a restore):\n  ${printable(node_id)}\n`,
    )
    .join('')

async function verifyFile(io: CommandIo, file: string): Promise<ExitCode> {
  const { verifyExport } = await import('../../../trust/audit/exported.ts')
  let verdict: ExportVerdict
  try {
    verdict = await verifyExport(linesOf(file))
  } catch (error) {
    if (error instanceof KaroError) {
      const hint = error.hint === undefined ? {} : { hint: error.hint }
      throw new KaroError(error.code, error.message, { where: file, ...hint })
    }
    throw new KaroError('bad_file', `it cannot be read: ${(error as Error).message}`, { where: file })
  }
  const { ok, entries, first_bad, signed_through, node_id } = verdict
  if (io.json) io.out(`${JSON.stringify(verdict)}\n`)
  else if (ok) {
    io.out(`The file is whole: entries ${verdict.first} to ${verdict.last}, each continuing the one before, signed by
  ${node_id}
To be sure which machine that is, compare it with what \`karo identity show\` prints there.
${earlierKeys(verdict)}`)
  } else if (first_bad !== null) {
    io.out(
      `The file is broken at entry ${first_bad}: it is altered, missing, or not what was signed. Do not rely on it.\n`,
    )
  } else if (entries === 0) io.out('The file holds no entries: nothing is proven.\n')
  else
    io.out(
      `What comes after entry ${signed_through ?? 0} is under no signature: the end of the file is missing.\n`,
    )
  return ok ? EXIT.done : EXIT.failed
}

/** Each line's value; null for one that is no JSON. */
async function* linesOf(file: string): AsyncGenerator<unknown> {
  for await (const line of createInterface({ input: createReadStream(file, 'utf8') })) {
    try {
      yield JSON.parse(line)
    } catch {
      yield null
    }
  }
}

const DEFAULT_LAST = '30d'

const whoAsked: Command = {
  name: 'audit who-asked',
  summary: 'who asked this machine about what, how often, and what they were told',
  args: [],
  options: [{ name: 'last', value: 'duration', description: 'how far back', default: DEFAULT_LAST }],
  examples: [
    { run: 'karo audit who-asked', does: `the last ${DEFAULT_LAST}, the latest question first` },
    { run: 'karo audit who-asked --last 24h --json', does: 'for a script' },
  ],
  async run(io, { options }) {
    const since = rfc3339(Date.now() - parseDuration(String(options.last), '--last'), '--last')
    const path = `/api/v1/audit/who-asked?since=${encodeURIComponent(since)}`
    const answer = (await callDaemon(io, 'GET', path)) as AskersShape
    if (io.json) {
      io.out(`${JSON.stringify(answer)}\n`)
      return EXIT.done
    }
    if (answer.askers.length === 0) {
      io.out(`No other node asked this one anything in the last ${String(options.last)}.\n`)
      return EXIT.done
    }
    const now = Date.now()
    io.out(
      table(
        answer.askers,
        [
          { title: 'WHO', value: (one) => one.name || formatFingerprint(one.fingerprint), shrink: true },
          { title: 'ABOUT', value: (one) => one.query_type ?? '–' },
          { title: 'ASKED', value: (one) => String(one.asked), align: 'right' },
          { title: 'ALLOWED', value: (one) => String(one.allowed), align: 'right' },
          { title: 'REFUSED', value: (one) => String(one.refused), align: 'right' },
          { title: 'TOO MANY', value: (one) => String(one.busy), align: 'right' },
          { title: 'LAST', value: (one) => ago(now - Date.parse(one.last)) },
          { title: 'BY RULE', value: (one) => one.rules.join(', '), wrap: true },
        ],
        io,
      ),
    )
    return EXIT.done
  },
}

/** A ledger of a year is read and sent in seconds; a disk may be slow. */
const EXPORT_MS = 600_000

const exportLedger: Command = {
  name: 'audit export',
  summary: 'the ledger as a file, with signatures, that can be verified elsewhere',
  args: [],
  options: [
    {
      name: 'format',
      value: 'format',
      description: 'ndjson can be verified, and is one JSON document a line; csv is for a spreadsheet',
      choices: ['ndjson', 'csv'],
      default: 'ndjson',
    },
    {
      name: 'output',
      short: 'o',
      value: 'file',
      description: 'a new file, mode 0600 (default: standard output)',
      completes: 'file',
    },
    { name: 'since', value: 'when', description: 'from here on: 7d, a date, or RFC 3339' },
    { name: 'until', value: 'when', description: 'to the first signature after this, at most an hour later' },
  ],
  json: 'NDJSON, one JSON document a line; with --output one document that says what is in the file',
  examples: [
    { run: 'karo audit export -o ledger.ndjson', does: 'all of it' },
    { run: 'karo audit verify --file ledger.ndjson', does: 'wherever that file is' },
    { run: 'karo audit export --format csv --since 7d', does: 'a week for a spreadsheet' },
  ],
  async run(io, { options }) {
    const now = Date.now()
    const range = new URLSearchParams()
    if (typeof options.since === 'string')
      range.set('since', rfc3339(parseSince(options.since, now), '--since'))
    if (typeof options.until === 'string')
      range.set('until', rfc3339(parseUntil(options.until, now, '--until'), '--until'))
    const csv = options.format === 'csv'
    const file = typeof options.output === 'string' ? options.output : undefined
    if (csv && io.json && file === undefined) throw noJson('csv')
    const output = file === undefined ? undefined : createOutput(file)
    const write = output === undefined ? (text: string) => io.out(Buffer.from(text)) : output.write
    let entries = 0
    try {
      if (csv) write(`${CSV_COLUMNS.join(',')}\r\n`)
      const path = `/api/v1/audit/export?${range}`
      for await (const line of streamDaemon(io, 'GET', path, undefined, { deadlineMs: EXPORT_MS })) {
        const said = line as ExportLine
        if ('seq' in said) entries++
        if (!csv) write(`${jsonText(said)}\n`)
        else if ('hash' in said) write(csvLine(said))
      }
      output?.finish()
    } catch (error) {
      output?.discard()
      throw error
    }
    if (file !== undefined)
      io.out(
        io.json
          ? `${JSON.stringify({ file, entries })}\n`
          : `${counted(entries)} ${entries === 1 ? 'is' : 'are'} in ${printable(file)}\n`,
      )
    return EXIT.done
  },
}

const CSV_COLUMNS = ['seq', 'timestamp', 'type', 'success', 'peer', 'trace_id', 'details', 'hash'] as const

/** RFC 4180; nothing in it is a formula to a spreadsheet, and nothing hides. */
function csvLine(entry: AuditEntryShape): string {
  const fields = CSV_COLUMNS.map((name) => {
    const value = entry[name]
    return csvText(typeof value === 'object' ? jsonText(value) : String(value ?? ''))
  })
  return `${fields.join(',')}\r\n`
}

export const audit: readonly Command[] = [log, whoAsked, verify, exportLedger]

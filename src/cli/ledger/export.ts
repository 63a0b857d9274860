// karo audit export: the ledger as a file that can be verified elsewhere.
import { daemonAt } from '../../api/contract/client/socket.ts'
import { exportAudit } from '../../api/contract/operations/audit.ts'
import type { AuditEntryShape } from '../../api/contract/shapes.ts'
import { printable } from '../../base/format.ts'
import { csvText, jsonText } from '../../base/printable.ts'
import { defineCommand } from '../command.ts'
import { parseSince, parseUntil, rfc3339 } from '../input/time.ts'
import { given } from '../input/values.ts'
import { noJson, TO_FILE, writingTo } from '../output-file.ts'
import { counted } from './verify.ts'

/** A ledger of a year is read and sent in seconds; a disk may be slow. */
const EXPORT_MS = 600_000

export const exportLedger = defineCommand('audit export', {
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
      since: given(options.since, (text) => rfc3339(parseSince(text, now), '--since')),
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

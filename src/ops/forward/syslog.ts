// Records as syslog messages (RFC 5424), each with its length in front (RFC 6587 for TCP, RFC 5425 for TLS).
import type { LedgerEntry } from '../../trust/audit/index.ts'
import { ecsText, kindOf, type Sender } from './ecs.ts'

/** "log audit" of RFC 5424. */
const FACILITY = 13
const WARNING = 4
const INFORMATIONAL = 6
const HOSTNAME_MAX = 255

/** The message has the ECS record as its text; UTF-8 without a byte order mark, which parsers of JSON refuse. */
export function syslogFrame(entry: LedgerEntry, sender: Sender, again: boolean): string {
  const severity = kindOf(entry) === 'ledger' ? INFORMATIONAL : WARNING
  const [time, id] = 'damaged' in entry ? ['-', 'damaged'] : [new Date(entry.ts).toISOString(), entry.type]
  const message = `<${FACILITY * 8 + severity}>1 ${time} ${hostOf(sender.name)} karo ${process.pid} ${id} - ${ecsText(entry, sender, again)}`
  return `${Buffer.byteLength(message)} ${message}`
}

/** HOSTNAME holds visible ASCII only; the whole name stands in the record. */
function hostOf(name: string): string {
  const plain = name.replace(/[^\x21-\x7e]/g, '_').slice(0, HOSTNAME_MAX)
  return plain === '' ? '-' : plain
}

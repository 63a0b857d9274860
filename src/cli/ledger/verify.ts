// karo audit verify: whether the record of what happened here is whole, at the daemon or in a file.
import { createInterface } from 'node:readline'
import { verifyAudit } from '../../api/contract/operations/audit.ts'
import type { AuditVerdict } from '../../api/contract/shapes.ts'
import { EXIT, type ExitCode, KaroError } from '../../base/errors.ts'
import { printable } from '../../base/format.ts'
import type { ExportVerdict } from '../../trust/audit/exported.ts'
import { type CommandIo, defineCommand, printJson } from '../command.ts'
import { openRegular, unreadable } from '../input/regular-file.ts'

export const counted = (entries: number): string => (entries === 1 ? '1 entry' : `${entries} entries`)

export const verifyLedger = defineCommand('audit verify', {
  summary:
    'check that no entry of the ledger was altered or removed; exits with 1 if one was, with 5 if no other machine shows that its end is there',
  shows: verifyAudit,
  options: {
    file: {
      value: 'file',
      description: 'check a file of `karo audit export`, from any machine; needs no node',
      completes: 'file',
    },
  },
  examples: {
    'karo audit verify --file ledger.ndjson': 'the same on a machine without that node',
  },
  async run(io, { options }) {
    if (options.file !== undefined) return verifyFile(io, options.file)
    const verdict = await io.call(verifyAudit)
    if (io.json) printJson(io, verdict)
    else if (verdict.ok)
      io.out(
        `${isWitnessed(verdict) ? 'The ledger is whole' : 'No entry of the ledger was altered'}: ${counted(verdict.entries)}, head ${printable(verdict.head)}\n${restsOn(verdict)}${earlierKeys(verdict)}`,
      )
    else if (isShort(verdict)) io.out(shortOf(verdict))
    else {
      io.out(`The ledger is broken at entry ${verdict.first_bad}: that entry is altered, missing, or not what was signed.
Entries before it are proven; this entry and all later ones are not. First of all, make a copy of the database.
Another machine with the key of this node looks the same, until this node signs again: karo doctor --only peers.twins
`)
    }
    if (!verdict.ok) return EXIT.failed
    return isWitnessed(verdict) ? EXIT.done : EXIT.partial
  },
})

/** Another machine keeps a signature of the end: what is newer than it is the work of an hour at most. */
const isWitnessed = ({ outside }: AuditVerdict): boolean => (outside?.members.length ?? 0) > 0

type Outside = NonNullable<AuditVerdict['outside']>

/** A member that rotated its key keeps signatures under both, and is one. */
const membersOf = ({ members }: Outside): readonly string[] => [
  ...new Set(members.map(({ name, fingerprint }) => printable(name || fingerprint))),
]
const namesOf = (outside: Outside): string => membersOf(outside).join(', ')

/** An end that was cut off together with its signatures shows by what others keep, and by nothing else. */
function restsOn({ outside }: AuditVerdict): string {
  if (outside === undefined || outside.members.length === 0)
    return `What there is of it is whole. Entries may be missing at its end: no other machine keeps a signature of that (a neighbour gets one every hour and when this node stops), and whoever could write here could have cut it off with its signatures.
`
  return `It reaches entry ${outside.seq}; ${namesOf(outside)} ${membersOf(outside).length === 1 ? 'keeps' : 'keep'} its signature of ${outside.signed_at}.
`
}

/** Nothing but the end is missing. */
const isShort = ({ first_bad, outside }: AuditVerdict): boolean =>
  outside !== undefined && outside.missing > 0 && first_bad === outside.seq - outside.missing + 1

function shortOf({ outside }: AuditVerdict): string {
  const { missing, seq, signed_at } = outside as Outside
  const seen = namesOf(outside as Outside)
  const by = seen === '' ? 'that this node signed' : `seen by ${seen}, signed`
  return `The ledger ends ${counted(missing)} before the head ${by} at ${signed_at} (entry ${seq}): its end was cut off.
A home put back from a snapshot looks the same; a restored backup is noted (karo audit log --type node_restored). Otherwise somebody removed entries.
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
  const { verifyExport } = await import('../../trust/audit/exported.ts')
  let verdict: ExportVerdict
  try {
    verdict = await verifyExport(linesOf(file))
  } catch (error) {
    if (error instanceof KaroError) {
      throw new KaroError(error.code, error.message, { where: file, hint: error.hint })
    }
    throw unreadable(file, error)
  }
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

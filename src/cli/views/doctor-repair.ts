// What a look into a database, or its repair, came to: what is wrong, what was kept and lost of each kind of row.
import { aboutCopy, type Report } from '../../doctor/repair.ts'
import { atHome, type Place } from '../at-home.ts'
import { bytes, printable } from '../format.ts'
import { table } from '../table.ts'
import { fitted } from '../text.ts'

interface Screen extends Place {
  readonly colour: boolean
  readonly columns: number
}

/** Ends with a newline. */
export function repairView(report: Report, dry: boolean, screen: Screen): string {
  const { findings, keyspaces, unreadable_bytes, copy } = report
  const found = findings.map(({ where, what }) => `${printable(where)}: ${printable(what)}\n`).join('')
  const rows = table(
    Object.entries(keyspaces),
    [
      { title: 'rows', value: ([name]) => name },
      { title: 'kept', value: ([, counts]) => String(counts?.kept ?? 0), align: 'right' },
      {
        title: 'lost',
        value: ([, counts]) => String(counts?.lost ?? 0),
        align: 'right',
        style: ([, counts]) => ((counts?.lost ?? 0) > 0 ? 'red' : undefined),
      },
      { title: 'made anew', value: ([, counts]) => String(counts?.rebuilt ?? 0), align: 'right' },
    ],
    screen,
  )
  const unreadable =
    unreadable_bytes === 0 ? '' : `${bytes(unreadable_bytes)} of its files could not be read.\n`
  return (
    fitted(`${found}${found === '' ? '' : '\n'}`, screen.columns) +
    rows +
    fitted(`\n${unreadable}${conclusion(report, dry, copy, screen)}\n`, screen.columns)
  )
}

function conclusion(
  { ok, directory }: Report,
  dry: boolean,
  copy: string | undefined,
  screen: Screen,
): string {
  if (copy !== undefined) return `Repaired. ${aboutCopy(copy)}`
  if (ok) return `${directory} is whole; nothing was changed.`
  return dry
    ? `${directory} is damaged; nothing was changed. To repair it: ${atHome('karo doctor --repair', screen)}`
    : `${directory} is damaged.`
}

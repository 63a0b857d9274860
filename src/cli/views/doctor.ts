// View of the checks: those that found nothing first, because a terminal shows the end; there stand the problems, each with its fix.
import { printable } from '../../base/format.ts'
import { CHECK_GROUPS } from '../doctor/catalogue.ts'
import type { Outcome } from '../doctor/check.ts'
import type { CheckResult, Deed } from '../doctor/doctor.ts'
import { paint, type Screen, type Style } from '../terminal/table.ts'
import { textWidth, wrap } from '../terminal/text.ts'

const MARKS: Readonly<Record<Outcome, readonly [mark: string, colour: Style]>> = {
  fail: ['✗', 'red'],
  warn: ['!', 'yellow'],
  ok: ['✓', 'green'],
  skipped: ['–', 'dim'],
}
const INDENT = '    '

/** Ends with a newline. */
export function doctorView(
  results: readonly CheckResult[],
  deeds: readonly Deed[],
  dry: boolean,
  screen: Screen,
): string {
  const of = (outcome: Outcome): CheckResult[] => results.filter((one) => one.outcome === outcome)
  const bad = [...of('warn'), ...of('fail')]
  const parts = [
    ...deeds.map((deed) => deedLine(deed, dry, screen)),
    ...(deeds.length > 0 ? ['\n'] : []),
    ...Object.values(CHECK_GROUPS).flatMap((group) =>
      of('ok')
        .filter(({ id }) => id in group)
        .map((one) => quietLine(one.outcome, `${one.title}: ${one.detail}`, screen)),
    ),
    ...skippedLines(of('skipped'), screen),
    bad.length < results.length ? '\n' : '',
    ...bad.map((one) => `${troubled(one, screen)}\n`),
    `${counted(of, screen)}\n`,
  ]
  return parts.join('')
}

function troubled({ id, outcome, title, detail, fix, why }: CheckResult, screen: Screen): string {
  const says = `${title}: ${detail}`
  const [first = '', ...rest] = lines(says, screen, 2)
  const [mark, colour] = MARKS[outcome]
  const name = paint('dim', id, screen)
  const fits = rest.length === 0 && textWidth(`  ${first}  ${id}`) <= screen.columns
  const head = `${paint(colour, mark, screen)} ${paint('bold', first, screen)}${fits ? `  ${name}` : ''}\n`
  const more = [...rest, ...(fits ? [] : [name])].map((line) => `  ${line}\n`)
  const because = lines(why ?? '', screen, INDENT.length).map(
    (line) => `${INDENT}${paint('dim', line, screen)}\n`,
  )
  // A command is not wrapped, so that a person can copy it.
  const fixes = (fix ?? '')
    .split('\n')
    .map((line) => `${INDENT}${paint('yellow', '→', screen)} ${printable(line)}\n`)
  return [head, ...more, ...because, ...fixes].join('')
}

/** Skipped checks, grouped by their reason: without a daemon half of them have the same one. */
function skippedLines(skipped: readonly CheckResult[], screen: Screen): string[] {
  const reasons = Map.groupBy(skipped, ({ detail }) => detail)
  return [...reasons].map(([reason, of]) =>
    quietLine('skipped', `${of.map(({ title }) => title).join(', ')}: ${reason}`, screen),
  )
}

function quietLine(outcome: Outcome, says: string, screen: Screen): string {
  const [mark, colour] = MARKS[outcome]
  const style = outcome === 'skipped' ? 'dim' : undefined
  const [first = '', ...rest] = lines(says, screen, 2).map((line) => paint(style, line, screen))
  return `${paint(colour, mark, screen)} ${first}\n${rest.map((line) => `  ${line}\n`).join('')}`
}

function deedLine({ says, failed }: Deed, dry: boolean, screen: Screen): string {
  if (failed !== undefined)
    return `${paint('red', '✗', screen)} could not ${printable(says)}: ${printable(failed)}\n`
  return `${paint('green', '→', screen)} ${dry ? 'would' : 'did'}: ${printable(says)}\n`
}

function counted(of: (outcome: Outcome) => readonly CheckResult[], screen: Screen): string {
  const words: Readonly<Record<Outcome, string>> = {
    fail: 'failed',
    warn: 'to look at',
    ok: 'fine',
    skipped: 'skipped',
  }
  return (['fail', 'warn', 'ok', 'skipped'] as const)
    .filter((outcome) => of(outcome).length > 0)
    .map((outcome) => paint(MARKS[outcome][1], `${of(outcome).length} ${words[outcome]}`, screen))
    .join(', ')
}

const lines = (text: string, screen: Screen, indent: number): string[] =>
  wrap(printable(text), screen.columns - indent)

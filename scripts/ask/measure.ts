// Measures `karo ask` with public sets of requests: what it answers with confidence, and how much of that is right.
import { findCommand } from '../../src/assist/copilot/ask/answer.ts'
import { openKnowledge } from '../../src/assist/copilot/knowledge.ts'
import { checkCommand } from '../../src/assist/risk/index.ts'
import { judgeAnswers, onOneLine, readAnswers } from './answers.ts'
import {
  type Item,
  type RequestSet,
  readAlfa,
  readNl2bash,
  readOwn,
  readSheets,
  readTldr,
  readTldrExamples,
  readTldrTools,
} from './sets.ts'
import { actsUnasked, changes } from './unasked.ts'
import { verdictOf } from './verdict.ts'

const USAGE = `usage: npm run ask:measure -- --nl2bash DIR --alfa DIR --tldr DIR [--own FILE]… [--most N] [--no-jail] [--building] [--sheets NAME DIR]… [--with-pages] [--words] [--answers FILE]… [--only-answers] [--show sure|perhaps|none|right]
  --nl2bash  directory with all.nl and all.cm: data/bash of github.com/TellinaTool/nl2bash (MIT)
  --alfa     directory with nl2bash_fs_<n>.json and setup_nl2b_fs_<n>.sh: github.com/westenfelder/InterCode-ALFA (MIT)
  --tldr     directory pages of github.com/tldr-pages/tldr (CC BY 4.0)
  --own      file of test/corpus
  --most     items of each half, default 500
  --no-jail  compares normal forms only, and runs no command
  --building leaves the held-out half out
  --sheets   a directory of somebody's cheat sheets, of tools that Karo's knowledge has: files of lines '# what it does' and the command below it; only totals are printed
  --with-pages  answers also with the building half of the examples of pages/common, as if a client kept them
  --words    prints only the words of the building half's items
  --answers  judges a file of somebody's answers, lines of words TAB command, beside Karo's own to the same requests; with --only-answers nothing else is counted
  --show     prints items of the building half; of the other half only counts are ever printed
`

const IS_JAILED = !process.argv.includes('--no-jail')
const knowledge = openKnowledge()
const judge = (command: string) => checkCommand(command, { shell: 'bash' })
const ask = (words: string) =>
  findCommand(words, { shell: 'bash', judge, knowledge, ...(examples === undefined ? {} : { examples }) })

interface Figures {
  asked: number
  /** Right, or the same effect in a jail. */
  inJail: number
  /** Right, or what the words say. */
  said: number
  sure: number
  sureRight: number
  /** Of the answers with confidence, those that are what the words say. */
  sureSaid: number
  perhaps: number
  perhapsRight: number
  /** Choices that hold the right command. */
  offered: number
  none: number
  actedUnasked: number
}

function count(items: readonly Item[], set: RequestSet, show: string | undefined): Figures {
  const counted = {
    asked: 0,
    inJail: 0,
    said: 0,
    sure: 0,
    sureRight: 0,
    sureSaid: 0,
    perhaps: 0,
    perhapsRight: 0,
    offered: 0,
    none: 0,
    actedUnasked: 0,
  }
  for (const item of items) {
    const { command, confidence, alternatives } = ask(item.words)
    counted.asked++
    if (command === null || confidence === null) {
      counted.none++
      if (show === 'none')
        process.stdout.write(`none     ${item.words}\n     set: ${item.right.join(' || ')}\n`)
      continue
    }
    const { right, inJail, said } = verdictOf(command, item, set, IS_JAILED)
    counted[confidence]++
    if (right) counted[confidence === 'sure' ? 'sureRight' : 'perhapsRight']++
    if (
      confidence === 'perhaps' &&
      (right || alternatives.some((one) => verdictOf(one.command, item, set).right))
    )
      counted.offered++
    if (inJail) counted.inJail++
    if (said) counted.said++
    if (said && confidence === 'sure') counted.sureSaid++
    const acts = actsUnasked(item.words, command)
    if (acts && !item.right.some(changes)) counted.actedUnasked++
    if ((!right && show === confidence) || (right && show === 'right') || (acts && show !== undefined))
      process.stdout.write(
        `${right ? 'right' : confidence}${acts ? ' ACTS' : ''}  ${item.words}\n    karo: ${command}\n     set: ${item.right.join(' || ')}\n`,
      )
  }
  return counted
}

const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`

function report(name: string, one: Figures): void {
  process.stdout.write(
    `${name}: asked ${one.asked}; right ${share(one.sureRight + one.perhapsRight, one.asked)} (with confidence ${share(one.sureRight, one.asked)}), ` +
      `${IS_JAILED ? `or the same in a jail ${share(one.inJail, one.asked)}, ` : ''}or what the words say ${share(one.said, one.asked)}; ` +
      `with confidence ${one.sure}, of these right ${share(one.sureRight, one.sure)}, what the words say ${share(one.sureSaid, one.sure)}; choices ${one.perhaps}, the first right ${share(one.perhapsRight, one.perhaps)}, one of them right ${share(one.offered, one.perhaps)}; ` +
      `none ${one.none}; wrong ${share(one.sure - one.sureRight + one.perhaps - one.offered, one.asked)}; acted unasked ${one.actedUnasked}\n`,
  )
}

function own(file: string): void {
  let [sure, sureRight, choices, first, offered, none, silent] = [0, 0, 0, 0, 0, 0, 0]
  const all = readOwn(file)
  for (const { words, accepts } of all) {
    const { command, confidence, alternatives } = ask(words)
    const right = accepts.test(confidence === null ? '' : (command ?? ''))
    if (confidence === 'sure') {
      sure++
      sureRight += Number(right)
    } else if (confidence === 'perhaps') {
      choices++
      first += Number(right)
      offered += Number(right || alternatives.some((one) => accepts.test(one.command)))
    } else {
      none++
      silent += Number(right)
    }
    if (!right && process.argv.includes('--show-own'))
      process.stdout.write(`${confidence}  ${words} => ${accepts.source}\n    ${command}\n`)
  }
  process.stdout.write(
    `${file}: asked ${all.length}; right ${share(sureRight + first + silent, all.length)}; with confidence ${sure}, of these right ${share(sureRight, sure)}; ` +
      `choices ${choices}, the first right ${share(first, choices)}, one of them right ${share(offered, choices)}; none ${none}, rightly ${silent}; wrong ${share(sure - sureRight + choices - offered, all.length)}\n`,
  )
}

/** Judges the answers of a file to requests of a half, beside Karo's own to the same. */
function answered(
  name: string,
  items: readonly Item[],
  set: RequestSet,
  { answers, isRead }: { answers: ReadonlyMap<string, string>; isRead: boolean },
): void {
  const karo = (words: string) => {
    const { command, confidence } = ask(words)
    return confidence === null ? null : command
  }
  const print = isRead && show !== undefined ? (line: string) => void process.stdout.write(line) : undefined
  const { asked, theirs, own } = judgeAnswers(items, set, answers, karo, {
    isJailed: IS_JAILED,
    print,
  })
  // A few requests are in two sets; a file is about one.
  if (2 * asked < answers.size) return
  for (const [who, one] of Object.entries({ 'the file': theirs, Karo: own }))
    process.stdout.write(
      `${name}, ${asked} requests of the file, ${who}: right ${share(one.right, asked)}, ` +
        `${IS_JAILED ? `or the same in a jail ${share(one.inJail, asked)}, ` : ''}or what the words say ${share(one.said, asked)}\n`,
    )
}

/** Every value of an option. */
const given = (name: string): readonly string[] =>
  process.argv.flatMap((word, i) => (word === `--${name}` ? [process.argv[i + 1] ?? ''] : []))

const most = Number(given('most')[0] ?? 500)
const examples = process.argv.includes('--with-pages') ? given('tldr').map(readTldrExamples)[0] : undefined
const [show] = given('show')
const sets: readonly RequestSet[] = [
  ...given('nl2bash').map(readNl2bash),
  ...given('alfa').map(readAlfa),
  ...given('tldr').flatMap((path) => [readTldr(path), readTldrTools(path)]),
  ...given('sheets').map((path) => readSheets(path, (tool) => knowledge.ask().isTool(tool))),
]
const files = given('own')
const answers = given('answers').map(readAnswers)
if (sets.length + files.length === 0) process.stderr.write(USAGE)

/** Items in an even distance, so that a sample holds every part of a set. */
const sample = (all: readonly Item[]): readonly Item[] =>
  all.filter((_, i) => Math.floor((i * most) / all.length) !== Math.floor(((i - 1) * most) / all.length))

function measure(set: RequestSet): void {
  const halves = { 'building half': set.building, 'held-out half': set.heldOut }
  for (const [half, items] of Object.entries(halves)) {
    const isRead = half === 'building half'
    if ((process.argv.includes('--building') && !isRead) || items.length === 0) continue
    if (!process.argv.includes('--only-answers'))
      report(`${set.name}, ${half}`, count(sample(items), set, isRead ? show : undefined))
    for (const one of answers) answered(`${set.name}, ${half}`, items, set, { answers: one, isRead })
  }
}

if (process.argv.includes('--words'))
  for (const { building } of sets)
    process.stdout.write(
      sample(building)
        .map(({ words }) => `${onOneLine(words)}\n`)
        .join(''),
    )
else {
  for (const set of sets) measure(set)
  for (const file of files) own(file)
}

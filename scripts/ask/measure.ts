// Measures `karo ask` with public sets of requests: what it answers with confidence, and how much of that is right.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findCommand, offlineCandidates } from '../../src/assist/copilot/ask.ts'
import { type Counted, evidenceOf, isBorneOut, wordsOf } from '../../src/assist/copilot/borne-out.ts'
import { openKnowledge } from '../../src/assist/copilot/knowledge.ts'
import { checkCommand } from '../../src/assist/risk/index.ts'
import { judgeAnswers, onOneLine, readAnswers } from './answers.ts'
import {
  type Item,
  partOf,
  type RequestSet,
  readAlfa,
  readNl2bash,
  readOwn,
  readTldr,
  readTldrExamples,
  readTldrTools,
} from './sets.ts'
import { actsUnasked, changes } from './unasked.ts'
import { verdictOf } from './verdict.ts'

const USAGE = `usage: npm run ask:measure -- --nl2bash DIR --alfa DIR --tldr DIR [--own FILE]… [--most N] [--no-jail] [--building] [--count-ways] [--parts N] [--with-pages] [--words] [--answers FILE]… [--only-answers] [--show sure|perhaps|none|right]
  --nl2bash  directory with all.nl and all.cm: data/bash of github.com/TellinaTool/nl2bash (MIT)
  --alfa     directory with nl2bash_fs_<n>.json and setup_nl2b_fs_<n>.sh: github.com/westenfelder/InterCode-ALFA (MIT)
  --tldr     directory pages of github.com/tldr-pages/tldr (CC BY 4.0)
  --own      file of test/corpus
  --most     items of each half, default 500
  --no-jail  compares normal forms only, and runs no command
  --building leaves the held-out half out
  --count-ways  counts how often each way to an answer is right in the building halves and in --own, and writes it to reliability.ts and answered.json
  --parts    cross-validates confidence: measures each of N parts of the building halves with what was counted in the others
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
    none: 0,
    actedUnasked: 0,
  }
  for (const item of items) {
    const { command, confidence } = ask(item.words)
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
      `with confidence ${one.sure}, of these right ${share(one.sureRight, one.sure)}, what the words say ${share(one.sureSaid, one.sure)}; perhaps ${one.perhaps}, right ${share(one.perhapsRight, one.perhaps)}; ` +
      `none ${one.none}; acted unasked ${one.actedUnasked}\n`,
  )
}

/** An answer that accounts for all words, and whether it is right. */
interface Tally {
  readonly words: string
  readonly ways: readonly string[]
  readonly isRight: boolean
  /** Whether it is what the words say, which is less than to be right. */
  readonly isSaid: boolean
  /** Of one of our own requests only the parts are counted and not their family, because recipes were written with such requests in mind. */
  readonly isOwn: boolean
  /** Whether the words may be kept in the program; those of tldr pages have another licence. */
  readonly isKept: boolean
  readonly part: number
}

function tallies(all: readonly RequestSet[], files: readonly string[], parts: number): readonly Tally[] {
  const best = (words: string) => {
    const [one] = offlineCandidates(words, { shell: 'bash', judge, knowledge })
    return one?.confidence === 'sure' && one.ways !== undefined
      ? { command: one.command, ways: one.ways }
      : undefined
  }
  const ofSets = all.flatMap((set) =>
    (set.isTool ? [] : set.building).flatMap((item): Tally[] => {
      const { words } = item
      const answer = best(words)
      if (answer === undefined) return []
      const { command, ways } = answer
      const { right: isRight, said: isSaid } = verdictOf(command, item, set)
      return [{ words, ways, isRight, isSaid, isOwn: false, isKept: !set.isOpen, part: partOf(item, parts) }]
    }),
  )
  const ofOwn = files.flatMap(readOwn).flatMap(({ words, accepts }): Tally[] => {
    const answer = best(words)
    if (answer === undefined) return []
    const isRight = accepts.test(answer.command)
    return [{ words, ways: answer.ways, isRight, isSaid: isRight, isOwn: true, isKept: true, part: -1 }]
  })
  return [...ofSets, ...ofOwn]
}

/** Adds an answer to the counts of a name. */
function add(counts: Map<string, Counted>, name: string, isRight: boolean): void {
  const [right, asked] = counts.get(name) ?? [0, 0]
  counts.set(name, [right + Number(isRight), asked + 1])
}

const sorted = (counts: ReadonlyMap<string, Counted>) =>
  [...counts].sort(([one], [other]) => (one < other ? -1 : 1))

/** How often each way to an answer was what the words say, and how often the answers to each request were right. */
function counted(all: readonly Tally[]) {
  const ways = new Map<string, Counted>()
  const requests = new Map<string, Counted>()
  for (const one of all) {
    for (const way of new Set(one.ways.slice(one.isOwn ? 1 : 0))) add(ways, way, one.isSaid)
    if (one.isKept) add(requests, wordsOf(one.words), one.isRight)
  }
  return { ways, lines: sorted(requests).map(([words, count]) => `${count.join('/')} ${words}`) }
}

/** Measures confidence within the building half: each part with what was counted in the other parts. */
function crossValidate(all: readonly Tally[], parts: number): void {
  const sure = [...Array(parts).keys()].flatMap((part) => {
    const { ways, lines } = counted(all.filter((one) => one.part !== part))
    const evidence = evidenceOf(Object.fromEntries(ways), lines)
    return all.filter((one) => one.part === part && isBorneOut(one.words, one.ways, evidence))
  })
  const right = sure.filter(({ isRight }) => isRight).length
  const said = sure.filter(({ isSaid }) => isSaid).length
  process.stdout.write(
    `building half in ${parts} parts, each with what the others taught: ${all.filter(({ part }) => part >= 0).length} answers account for all words; ` +
      `with confidence ${sure.length}, of these right ${share(right, sure.length)}, what the words say ${share(said, sure.length)}\n`,
  )
}

/** Counts what confidence rests on, and writes it to reliability.ts and answered.json. */
function countWays(all: readonly Tally[]): void {
  const { ways, lines: requests } = counted(all)
  const lines: string[] = ['']
  for (const [way, count] of sorted(ways)) {
    const row = `${JSON.stringify(way)}: [${count.join(', ')}],`
    if (lines.at(-1) !== '' && (lines.at(-1) as string).length + row.length > 150) lines.push('')
    lines.push(`${lines.pop()} ${row}`)
  }
  writeFileSync(
    RELIABILITY_FILE,
    `${RELIABILITY_HEAD}${lines.map((line) => ` ${line}`).join('\n')}\n} // biome-ignore format: a compact table\n`,
  )
  writeFileSync(ANSWERED_FILE, `${JSON.stringify(requests, null, 2)}\n`)
}

const ANSWERED_FILE = join(import.meta.dirname, '../../src/assist/copilot/answered.json')
const RELIABILITY_FILE = join(import.meta.dirname, '../../src/assist/copilot/reliability.ts')
const RELIABILITY_HEAD = `// How often each way to an answer was right in the building halves of the public sets and in test/corpus: right answers, and all.
// Written by \`npm run ask:measure -- … --count-ways\`; see docs/copilot.md.
export const RELIABILITY: Readonly<Record<string, readonly [right: number, asked: number]>> = {
`

function own(file: string): void {
  let sure = 0
  let sureRight = 0
  let perhapsRight = 0
  const all = readOwn(file)
  for (const { words, accepts } of all) {
    const { command, confidence } = ask(words)
    const right = accepts.test(confidence === null ? '' : (command ?? ''))
    if (confidence === 'sure') sure++
    if (right && confidence === 'sure') sureRight++
    else if (right) perhapsRight++
    else if (process.argv.includes('--show-own'))
      process.stdout.write(`${confidence}  ${words} => ${accepts.source}\n    ${command}\n`)
  }
  process.stdout.write(
    `${file}: asked ${all.length}; right ${share(sureRight + perhapsRight, all.length)}; with confidence ${sure}, of these right ${share(sureRight, sure)}\n`,
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
]
const files = given('own')
const answers = given('answers').map(readAnswers)
if (sets.length + files.length === 0) process.stderr.write(USAGE)
const parts = Number(given('parts')[0] ?? 0)

/** Items in an even distance, so that a sample holds every part of a set. */
const sample = (all: readonly Item[]): readonly Item[] =>
  all.filter((_, i) => Math.floor((i * most) / all.length) !== Math.floor(((i - 1) * most) / all.length))

function measure(set: RequestSet): void {
  const halves = { 'building half': set.building, 'held-out half': set.heldOut }
  for (const [half, items] of Object.entries(halves)) {
    const isRead = half === 'building half'
    if (process.argv.includes('--building') && !isRead) continue
    if (!process.argv.includes('--only-answers'))
      report(`${set.name}, ${half}`, count(sample(items), set, isRead ? show : undefined))
    for (const one of answers) answered(`${set.name}, ${half}`, items, set, { answers: one, isRead })
  }
}

if (process.argv.includes('--count-ways')) countWays(tallies(sets, files, 1))
else if (process.argv.includes('--words'))
  for (const { building } of sets)
    process.stdout.write(
      sample(building)
        .map(({ words }) => `${onOneLine(words)}\n`)
        .join(''),
    )
else {
  for (const set of sets) measure(set)
  for (const file of files) own(file)
  if (parts > 0) crossValidate(tallies(sets, files, parts), parts)
}

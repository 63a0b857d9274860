// `npm run ask:fit`: fits how much each feature of the ranking counts, on the knowledge's own wordings, and writes weights.ts.
// Each wording is asked while its entry has only the others; of some requests the whole entry is taken away, so that nothing fits.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, piecesOf, readEntries, type Slot } from '../../src/assist/copilot/ask/entries.ts'
import { indexOf, type Known, knownIn, knownOf, partOf } from '../../src/assist/copilot/ask/index.ts'
import { FEATURES, rank, scoreOf, withChances } from '../../src/assist/copilot/ask/rank.ts'
import { readRequest } from '../../src/assist/copilot/ask/read.ts'
import { knowledgeTexts } from './knowledge-check.ts'
import { readOwn } from './sets.ts'

const FILE = join(import.meta.dirname, '../../src/assist/copilot/ask/weights.ts')
const FOLDS = 4
/** Of so many requests one whose entry is taken away. */
const EVERY_NTH_UNKNOWN = 4
/** Candidates of a request from which the weights are fitted. */
const MOST_SHOWN = 20
/** Requests from which they are fitted, drawn by a hash, and the steps. */
const MOST_LISTS = 6_000
const STEPS = 300
/** Requests of our own, which were looked at one by one, and how much each counts. */
const OWN_REQUESTS = ['requests.txt', 'requests-titles.txt', 'requests-tried.txt', 'requests-limits.txt']
const CORPUS = join(import.meta.dirname, '../../test/corpus')
const OWN_COUNT = 6
/** Share of right answers among those that are given without others beside them. */
const AIM = 0.95

/** What people put into slots of each type. */
const SAMPLES: Readonly<Record<Slot['type'], readonly string[]>> = {
  file: ['notes.txt', 'app.log', './src/main.c', '/etc/hosts'], dir: ['/srv/data', '~/projects', './build'], path: ['/var/log', 'site.conf'], glob: ['*.log', '"report*"'], ext: ['.log', '.py'],
  number: ['5', '20', '3'], percent: ['50%'], size: ['100 MB', '2G'], duration: ['10 minutes', '2 hours'], date: ['yesterday', '2024-05-01'], time: ['10:30'],
  host: ['example.com', 'web.lan', '10.0.0.5'], ip: ['10.0.0.5'], user: ['alice', 'bob'], group: ['staff'], port: ['8080', '443'], url: ['https://example.com/a'], email: ['bob@example.com'],
  branch: ['feature-x', 'develop'], commit: ['a1b2c3d', 'HEAD~2'], tag: ['v1.2.0'], remote: ['origin'], place: ['alice@example.com:/srv/data', 'web1:/tmp'], pattern: ['"timeout"', '"foo"'], text: ['"hello world"'], name: ['web_01', 'demo7'], pid: ['1234'],
  signal: ['SIGHUP'], device: ['/dev/sdb1'], mode: ['755', 'u+x'], interface: ['eth0'], package: ['"libfoo"'], service: ['"myapp"'], container: ['web_1'], image: ['nginx:latest'], pod: ['web-7d9f'],
  namespace: ['"staging"'], table: ['"orders"'], database: ['"shop"'], key: ['"api_key"'], variable: ['MY_VAR'], value: ['"blue"'], command: ['"make test"'], format: ['"json"'],
} // biome-ignore format: a compact table

interface Asked {
  readonly words: string
  readonly entry: Known
}

function sampled(said: string, slots: readonly Slot[], seed: number): string {
  return piecesOf(said)
    .map((piece) => {
      if (typeof piece === 'string') return piece
      const { type = 'name', ending } = slots.find(({ name }) => name === piece[1]) ?? {}
      const all = SAMPLES[type as Slot['type']]
      return ending === undefined ? (all[seed % all.length] as string) : `data.${ending}`
    })
    .join('')
}

function* cases(
  entries: readonly Entry[],
): Generator<{ words: string; known: readonly Known[]; expected: string; isUnknown: boolean; fold: number }> {
  for (let fold = 0; fold < FOLDS; fold++) {
    const asked: (Asked & { isUnknown: boolean })[] = []
    const known = entries.map((entry, i) => {
      const at = entry.says.length < 2 ? -1 : (i + fold * 7) % Math.max(FOLDS, entry.says.length)
      const said = entry.says[at]
      const kept = knownOf({ ...entry, says: entry.says.filter((_, j) => j !== at) }, 'karo')
      if (said !== undefined)
        asked.push({
          words: sampled(said, entry.slots, i + fold),
          entry: kept,
          isUnknown: (i + fold) % EVERY_NTH_UNKNOWN === 0,
        })
      return kept
    })
    for (const { words, entry, isUnknown } of asked)
      yield { words, known, expected: entry.command, isUnknown, fold }
  }
}

interface Row {
  readonly features: readonly number[]
  readonly command: string
  readonly isRight: boolean
}

/** Weights with which the right one of each list, or none, has the greatest chance; by steps down the slope, each as long as the slope is steady (Adam). */
function regress(lists: readonly (readonly Row[])[]): number[] {
  const width = FEATURES.length + 1
  const [weights, mean, square] = [0, 0, 0].map(() => new Array<number>(width).fill(0)) as [
    number[],
    number[],
    number[],
  ]
  for (let step = 1; step <= STEPS; step++) {
    const slope = new Array<number>(width).fill(0)
    for (const list of lists) {
      const shares = list.map(({ features }) => Math.exp(scoreOf(features, weights)))
      const sum = shares.reduce((total, one) => total + one, 1)
      const right = list.reduce((total, { isRight }, i) => total + (isRight ? (shares[i] as number) : 0), 0)
      for (const [i, { features, isRight }] of list.entries()) {
        const chance = (shares[i] as number) / sum
        const error = chance - (isRight ? (shares[i] as number) / right : 0)
        slope[0] = (slope[0] as number) + error
        for (const [j, one] of features.entries()) slope[j + 1] = (slope[j + 1] as number) + error * one
      }
    }
    for (let i = 0; i < width; i++) {
      const down = (slope[i] as number) / lists.length + 0.0003 * (weights[i] as number)
      mean[i] = 0.9 * (mean[i] as number) + 0.1 * down
      square[i] = 0.99 * (square[i] as number) + 0.01 * down ** 2
      const [m, v] = [(mean[i] as number) / (1 - 0.9 ** step), (square[i] as number) / (1 - 0.99 ** step)]
      const next = (weights[i] as number) - (0.1 * m) / (Math.sqrt(v) + 1e-8)
      // What speaks for an entry never counts against it, whatever a few requests say, and the reverse.
      weights[i] = i === 0 ? next : i <= FEATURES.indexOf('loose') ? Math.max(0, next) : Math.min(0, next)
    }
  }
  return weights
}

function fitWeights(): void {
  const entries = [...knowledgeTexts().values()].flatMap((text) => readEntries(text).entries)
  const lists: Row[][] = []
  const own: Row[][] = []
  let index: ReturnType<typeof indexOf> | undefined
  let fold = -1
  for (const one of cases(entries)) {
    if (index === undefined || one.fold !== fold) index = indexOf([partOf(one.known)])
    fold = one.fold
    if (digest(one.words) > MOST_LISTS / entries.length / FOLDS) continue
    const list = rank(readRequest(one.words, index), index)
      .filter(({ known }) => !(one.isUnknown && known.command === one.expected))
      .map(({ features, known, command }) => ({ features, isRight: known.command === one.expected, command }))
    // A wording that shares too little with the others of its entry says nothing of how those fit.
    const at = list.findIndex(({ isRight }) => isRight)
    if (one.isUnknown || (at >= 0 && at < MOST_SHOWN)) lists.push(list)
  }
  const whole = indexOf([partOf([...knowledgeTexts().values()].flatMap(knownIn))])
  for (const { words, accepts } of OWN_REQUESTS.flatMap((name) => readOwn(join(CORPUS, name)))) {
    const list = rank(readRequest(words, whole), whole).map(({ features, command }) => ({
      features,
      isRight: accepts.test(command),
      command,
    }))
    own.push(list)
  }
  // Of our own requests there are fewer, and they are what people say.
  const all = [...lists, ...Array.from({ length: OWN_COUNT }, () => own).flat()]
  const weights = regress(all.map((list) => list.filter(({ isRight }, i) => isRight || i < MOST_SHOWN)))
  const tops = own
    .map((list) => {
      const [first, ...others] = withChances(
        list.map((one) => ({ ...one, score: scoreOf(one.features, weights) })),
      )
      return {
        chance: first?.chance ?? 0,
        isRight: first?.isRight === true,
        amongThree: first?.isRight === true || others.slice(0, 2).some(({ isRight }) => isRight),
      }
    })
    .sort((a, b) => b.chance - a.chance)
  let right = 0
  let answer = 1
  for (const [i, { isRight, chance }] of tops.entries()) {
    right += Number(isRight)
    if (right / (i + 1) >= AIM) answer = chance
  }
  const round = (all: readonly number[]) => all.map((one) => Math.round(one * 1000) / 1000).join(', ')
  writeFileSync(
    FILE,
    `// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the numbers are what they are.\n// How much each feature of the ranking counts, the number before all of them first; written by \`npm run ask:fit\`.
export const WEIGHTS: readonly number[] = [${round(weights)}]
/** The least chance of an answer that stands alone. */
export const ANSWER = ${round([answer])}
`,
  )
  for (const [i, name] of ['', ...FEATURES].entries())
    process.stdout.write(`${name || '(all)'} ${(weights[i] as number).toFixed(2)}\n`)
  const count = (all: readonly { isRight: boolean; amongThree: boolean }[]) =>
    `${all.length}, right ${all.filter(({ isRight }) => isRight).length}, among three ${all.filter(({ amongThree }) => amongThree).length}`
  process.stdout.write(
    `${lists.length} wordings and ${count(tops)}; from ${answer.toFixed(3)}: ${count(tops.filter(({ chance }) => chance >= answer))}\n`,
  )
  for (const from of [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0])
    process.stdout.write(
      `chance ${from}: ${count(tops.filter(({ chance }) => chance >= from && chance < from + 0.1))}\n`,
    )
}

/** A number from 0 to 1 that the words always have. */
const digest = (words: string): number => createHash('sha256').update(words).digest().readUInt32BE() / 2 ** 32

fitWeights()

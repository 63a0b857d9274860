// What the meaning of a phrase adds to a search for files.
import type { State } from './find-state.ts'
import {
  asCommand,
  asPattern,
  asReplacement,
  asTest,
  asWord,
  findSize,
  inBytes,
  isMode,
  secondsOf,
} from './read.ts'

/** What a mark or a plain word stands for, as it was typed. */
export function said({ reading, request }: State, mark: string): string {
  const number = /^<\w(\d+)>$/.exec(mark)?.[1]
  if (number !== undefined) return reading.values[Number(number)] as string
  const at = request.toLowerCase().indexOf(mark)
  return at < 0 ? mark : request.slice(at, at + mark.length)
}

/** The things of a list. */
export const several = (state: State, text: string): string[] =>
  text
    .split(/ ?, ?(?:or |and )?| or | and | as well as |(?<=>) (?=<p)/)
    .map((one) => one.replace(/^(?:ending )?(?:with|in) /, '').trim())
    .filter((one) => one !== '')
    .map((one) => said(state, one))

/** Adds what a phrase means; false if it does not fit what was said before. */
export function add(state: State, meaning: string, match: RegExpExecArray): boolean {
  const [kind = '', ...rest] = meaning.split(' ')
  const form = rest.join(' ')
  const given = (place: number): string => match[place] ?? ''
  const filled = (): string =>
    form.replace(/\$(\d)/g, (_, place: string, at: number) => {
      const mark = given(Number(place))
      const value = said(state, mark)
      if (mark === '') return ''
      return mark.startsWith('<s')
        ? // find rounds up, so that 10M would be any size above 9M.
          (/-size $/.test(form.slice(0, at)) ? inBytes : findSize)(value)
        : mark.startsWith('<n')
          ? value.replace(/\D+$/, '')
          : isMode(mark, form.slice(0, at))
            ? value
            : asWord(value)
    })
  const adders: Readonly<Record<string, () => unknown>> = {
    test: () => state.tests.push(filled()),
    name: () => addNames(state, form, several(state, given(1)), '-name'),
    path: () => addNames(state, form, several(state, given(1)), '-path'),
    time: () => addTime(state, form, match),
    flag: () => {
      state.nocase = true
    },
    do: () => state.todo.push(filled()),
    run: () => {
      const command = asCommand(said(state, given(1)))
      // A text that only a shell can run becomes neither an action nor a search.
      if (command === undefined) state.asked = 'run'
      else state.todo.push(command)
    },
    follow: () => {
      state.follows = true
    },
    ask: () => {
      state.asked = form
    },
    if: () => finish(state, form, filled()),
    pipe: () => state.pipe.push(filled()),
    sed: () =>
      state.todo.push(
        `sed -i 's/${asPattern(said(state, given(1)))}/${asReplacement(said(state, given(2)))}/g'`,
      ),
    big: () => addRank(state, 'big', filled()),
    new: () => addRank(state, 'new', filled()),
    old: () => addRank(state, 'old', filled()),
    skip: () => true,
    between: () => addBetween(state, match),
    loud: () => {
      state.loud = true
    },
    end: () => {
      if (state.todo.length > 0 || state.end !== undefined) return false
      state.end = form
      return true
    },
    small: () => addRank(state, 'small', filled()),
    tar: () => state.todo.push(archive(asWord(said(state, given(1))))),
    packs: () => packs(state, asWord(said(state, given(1)))),
    total: () => {
      state.todo.push('du -ch')
      state.pipe.push('tail -n 1')
    },
    confirm: () => {
      state.asks = true
    },
    sudo: () => {
      state.sudo = true
    },
    lines: () => {
      if (state.held === undefined || state.held.lacks) return false
      state.held.lines = true
      return true
    },
    quiet: () => {
      state.quiet = true
    },
    into: () => {
      state.into = asWord(said(state, given(1)))
    },
    holds: () => addHeld(state, given(1), false, match[0]),
    lacks: () => addHeld(state, given(1), true, match[0]),
    outside: () => addOutside(state, several(state, given(1))),
    depth: () => state.depth.push(filled()),
    deep: () => state.depth.push(`${/immediate/.test(match[0]) ? '-mindepth 1 ' : ''}-maxdepth 1`),
  }
  // A place after `only in` is still to be read.
  if (kind === 'deep') {
    const before = match[0]
    adders.deep?.()
    match[0] =
      /^(?:directly|only|immediately|top|immediate)/.test(before) && !/current/.test(before)
        ? before
        : before.replace(/^(.*) only$|^only (.*)$/, '')
    if (match[0] === '') {
      state.text = state.text.replace(before, before.replace(/ only$|^only /, ''))
      return false
    }
    return true
  }
  return adders[kind]?.() !== false
}

function finish(state: State, form: string, filled: string): boolean {
  const tool = form.replace(/ \$.*$/, '')
  const [swap, from, to] = filled.split(' ')
  if (swap === 'swap' && state.asked === 'chmod') {
    state.asked = undefined
    state.tests.push(`-perm ${from}`)
    return state.todo.push(`chmod ${to}`) > 0
  }
  if (state.asked !== tool) return false
  state.asked = undefined
  if (tool === 'into') state.into = filled.replace('into ', '')
  else if (tool === 'tar') state.todo.push(archive(filled.replace('tar ', '')))
  else if (tool === 'packs') return packs(state, filled.replace('packs ', ''))
  else state.todo.push(filled)
  return true
}

/** What packs files into an archive, by the ending of its name. */
const archive = (name: string): string =>
  /\.t?gz'?$/.test(name)
    ? `tar -czf ${name}`
    : /\.t?bz2'?$/.test(name)
      ? `tar -cjf ${name}`
      : /\.zip'?$/.test(name)
        ? `zip ${name}`
        : `tar -cf ${name}`

/** Where nobody says that the name is an archive's, its ending has to. */
function packs(state: State, name: string): boolean {
  if (!/\.(?:tar|t?gz|tgz|t?bz2|zip)'?$/.test(name)) return false
  return state.todo.push(archive(name)) > 0
}

function addRank(state: State, by: 'big' | 'small' | 'new' | 'old', most: string): void {
  state.rank = { by, most }
}

function addHeld(state: State, mark: string, lacks: boolean, phraseText: string): boolean {
  if (state.held !== undefined) return false
  const lines =
    !lacks &&
    /^(?:and )?(?:for|text|string|word|pattern|regex|phrase|occurrence|lines|grep|search|case)/.test(
      phraseText,
    )
  state.held = { text: said(state, mark), lacks, lines }
  return true
}

/** Adds patterns for names; false if there is none. `$1` in the form is the thing. */
export function addNames(state: State, form: string, values: readonly string[], option: string): boolean {
  const isNot = form.startsWith('! ')
  const shape = form.replace(/^! /, '')
  // A form without a value, as for hidden files, is the pattern itself.
  const made = (form.includes('$1') ? values : ['']).map((value) => {
    const plain = shape === '*.$1' ? value.replace(/^\*?\./, '') : value
    const whole = shape.replace('$1', () => plain).replace(/\*{2,}/g, '*')
    // `.txt` alone is a kind of file where the phrase excludes or lists names.
    return isNot && /^\.[a-z]\w{0,4}$/.test(whole) ? `*${whole}` : whole
  })
  // A name has no slash, so such a test would find nothing.
  if (made.length === 0 || made.includes('') || (option === '-name' && made.some((one) => one.includes('/'))))
    return false
  const tests = made.map((one) => `${option} ${asTest(one)}`)
  state.tests.push(
    isNot
      ? tests.map((one) => `! ${one}`).join(' ')
      : tests.length === 1
        ? (tests[0] as string)
        : `\\( ${tests.join(' -o ')} \\)`,
  )
  return true
}

function addOutside(state: State, values: readonly string[]): void {
  for (const value of values) {
    const path = value.replace(/^\.\//, '').replace(/\/?\*?$/, '')
    state.tests.push(`! -path ${asWord(/^[/~$]/.test(path) ? `${path}/*` : `*/${path}/*`)}`)
  }
}

/** Adds a test of a time. False for a second one, such as `and less than 60 days ago`, where no test before it says which time is meant. */
function addTime(state: State, form: string, match: RegExpExecArray): boolean {
  const sign = form.split(' ').at(-1) ?? ''
  const verb = form.startsWith('$1') ? (match[1] ?? '') : 'modified'
  const letter = form.startsWith('same')
    ? letterBefore(state)
    : /access|read|opened|used/.test(verb)
      ? 'a'
      : /status|inode|metadata|attribute/.test(verb)
        ? 'c'
        : 'm'
  if (letter === undefined) return false
  const mark = /<t\d+>/.exec(match[0])?.[0]
  if (mark === undefined) {
    state.tests.push(`-${letter}time ${sign}`)
    return true
  }
  const seconds = secondsOf(said(state, mark))
  const value =
    seconds % 86_400 === 0
      ? `time ${sign}${seconds / 86_400}`
      : `min ${sign}${Math.max(1, Math.round(seconds / 60))}`
  state.tests.push(`-${letter}${value.replace('=', '')}`)
  return true
}

/** Adds two tests of a time: `between 6 and 9 minutes ago`. */
function addBetween(state: State, [, verb = '', least = '', most = '']: RegExpExecArray): void {
  const letter = /access|read|opened|used/.test(verb)
    ? 'a'
    : /status|inode|metadata|attribute/.test(verb)
      ? 'c'
      : 'm'
  const unit = said(state, most).replace(/^\S+[\s-]/, '')
  for (const [sign, count] of [
    ['+', said(state, least)],
    ['-', said(state, most).replace(/\D.*$/, '')],
  ] as const) {
    const seconds = secondsOf(`${count} ${unit}`)
    state.tests.push(
      seconds % 86_400 === 0
        ? `-${letter}time ${sign}${seconds / 86_400}`
        : `-${letter}min ${sign}${Math.round(seconds / 60)}`,
    )
  }
}

/** The letter that all tests of a time share; undefined where there is none or more than one. */
function letterBefore({ tests }: State): string | undefined {
  const letters = new Set(tests.flatMap((one) => /^-([acm])(?:time|min) /.exec(one)?.[1] ?? []))
  return letters.size === 1 ? [...letters][0] : undefined
}
